// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.weft.api.Member;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Peers;
import io.weft.spi.peer.Refusals;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.tcp.tls.Protection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The listening socket of this node, and the callers whose hello has not arrived yet. A caller
 * whose hello fits is passed to its {@link Peer}. Thread-safe.
 */
final class ListeningSocket implements Accepting.Introductions {
  /** Most callers without a hello; a further one replaces the oldest. */
  private static final int MAX_PENDING_HANDSHAKES = 64;

  private static final Logger LOG = System.getLogger(ListeningSocket.class.getName());

  private final TcpSettings settings;
  private final LocalNode local;
  private final Peers<HandshakeHandler> peers;
  private final Refusals refusals;
  private final NodeStop stop;
  private final Set<HandshakeHandler> pending = new LinkedHashSet<>();
  private final Channel channel;

  /**
   * Listens at the address of this node.
   *
   * @throws io.weft.api.WeftException {@code BIND_FAILED} if that is not possible
   */
  ListeningSocket(
      TcpSettings settings,
      LocalNode local,
      EventLoops loops,
      Peers<HandshakeHandler> peers,
      Refusals refusals,
      NodeStop stop) {
    this.settings = settings;
    this.local = local;
    this.peers = peers;
    this.refusals = refusals;
    this.stop = stop;
    this.channel = listen(loops);
  }

  private Channel listen(EventLoops loops) {
    Member own = local.node().self();
    String host = settings.bindHost().isEmpty() ? own.host() : settings.bindHost();
    InetSocketAddress address = new InetSocketAddress(host, own.port());
    loops.protection().checkListening(address);
    ServerBootstrap bootstrap =
        loops
            .listening(settings)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    stop.guarded(
                        () ->
                            accept(
                                channel, loops.protection())); // Netty would only log an exception
                  }
                });
    ChannelFuture bound = bootstrap.bind(address);
    bound.awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw BindFailure.of(host, own, !settings.bindHost().isEmpty(), bound.cause());
    }
    LOG.log(
        Level.INFO,
        "{0} listens on {1}:{2} ({3}; {4})",
        own.id(),
        host,
        Integer.toString(own.port()),
        loops.epoll()
            ? "epoll, written by " + (isWrittenBySenders(loops) ? "senders" : "event loops")
            : "nio",
        loops.protection());
    return bound.channel();
  }

  private static boolean isWrittenBySenders(EventLoops loops) {
    return DirectSocket.isSupported() && !loops.protection().isEncrypted();
  }

  private void accept(Channel caller, Protection protection) {
    ReceiveBuffer receive = new ReceiveBuffer();
    caller.closeFuture().addListener(f -> receive.free());
    protection.accepted(caller);
    DecryptedReads.receive(caller, receive, protection.isEncrypted());
    HandshakeHandler handshake =
        new HandshakeHandler(
            new Accepting(local, refusals, this),
            caller,
            receive,
            settings.handshakeTimeout(),
            protection.isEncrypted(),
            stop::onThrown);
    handshake.whenOver(() -> forget(handshake));
    caller.pipeline().addLast(handshake);
    admit(handshake).ifPresent(HandshakeHandler::giveWay);
  }

  /** Adds a pending caller; returns the one that it replaces, if there are too many. */
  private Optional<HandshakeHandler> admit(HandshakeHandler caller) {
    synchronized (pending) {
      pending.add(caller);
      if (pending.size() <= MAX_PENDING_HANDSHAKES) {
        return Optional.empty();
      }
      HandshakeHandler oldest = pending.iterator().next();
      pending.remove(oldest);
      return Optional.of(oldest);
    }
  }

  private void forget(HandshakeHandler caller) {
    synchronized (pending) {
      pending.remove(caller);
    }
  }

  @Override
  public boolean isPeer(int id) {
    return peers.contains(id);
  }

  @Override
  public void introduce(HandshakeHandler handshake, Hello hello) {
    forget(handshake);
    peers.introduce(handshake, hello);
  }

  /** Stops listening; existing connections stay open. */
  void close() {
    channel.close().awaitUninterruptibly();
  }
}
