// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.weft.spi.peer.Carrier;
import io.weft.spi.peer.Connecting;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.peer.PeerLoop;
import io.weft.spi.peer.Services;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import java.util.Queue;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * Carries the frames of one peer over TCP.
 *
 * @param settings the settings of the transport
 * @param local this node
 * @param services the handlers of messages
 * @param ioLoop the event loop of the peer
 * @param loops all event loops
 */
record TcpCarrier(
    TcpSettings settings, LocalNode local, Services services, IoLoop ioLoop, EventLoops loops)
    implements Carrier<HandshakeHandler> {
  /** Messages per chunk of an inbox. */
  private static final int CHUNK = 256;

  @Override
  public PeerLoop loop() {
    return ioLoop;
  }

  @Override
  public Connecting.Dialler<HandshakeHandler> dialler() {
    return new Dialling(settings, local.node().clusterName(), ioLoop, loops);
  }

  @Override
  public Outbox.Window newWindow() {
    return BatchWindow.of(settings, ioLoop.eventLoop());
  }

  @Override
  public Queue<OutboundMessage> newInbox() {
    return new MpscUnboundedVarHandleArrayQueue<>(CHUNK);
  }

  /** Moves its channel, unless it is on the event loop of the peer already. */
  @Override
  public void adopt(HandshakeHandler handshake, Runnable then) {
    if (ioLoop.isCurrent()) {
      then.run();
      return;
    }
    Channel channel = handshake.channel();
    ChannelFutureListener arrived =
        ioLoop.listener(
            registered -> {
              if (registered.isSuccess()) {
                ioLoop.execute(then);
              } else {
                channel.unsafe().closeForcibly();
              }
            });
    channel
        .deregister()
        .addListener(
            ioLoop.listener(f -> ioLoop.eventLoop().register(channel).addListener(arrived)));
  }

  @Override
  public PeerConnection handOver(
      HandshakeHandler handshake, PeerConnection.Holder holder, Outbox outbox, InboundSession in) {
    Connection connection =
        new Connection(
            holder,
            local,
            services,
            ioLoop,
            handshake.channel(),
            handshake.receiveBuffer(),
            outbox,
            in);
    handshake.handOver(connection);
    return connection;
  }
}
