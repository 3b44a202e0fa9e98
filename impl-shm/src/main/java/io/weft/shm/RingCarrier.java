// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.metrics.Counter;
import io.weft.spi.peer.Carrier;
import io.weft.spi.peer.Connecting;
import io.weft.spi.peer.FrameReceiver;
import io.weft.spi.peer.LimitedLog;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.peer.PeerLoop;
import io.weft.spi.peer.Services;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.OutboundMessage;
import java.io.IOException;
import java.lang.System.Logger;
import java.util.Queue;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * Carries the frames of peers through rings.
 *
 * @param local this node
 * @param ringBytes bytes of a ring of the connections that this node makes
 * @param services the handlers of messages
 * @param shmLoop the receiving thread
 * @param place the place of this node
 * @param wakes counts sleeping peers that were woken
 * @param stop stops the node
 * @param limitedLog warnings about files of peers
 */
record RingCarrier(
    LocalNode local,
    int ringBytes,
    Services services,
    ShmLoop shmLoop,
    NodePlace place,
    Counter wakes,
    NodeStop stop,
    LimitedLog limitedLog)
    implements Carrier<RingHandshake> {
  /** Messages per chunk of an inbox. */
  private static final int CHUNK = 256;

  private static final Logger LOG = System.getLogger(RingCarrier.class.getName());

  @Override
  public PeerLoop loop() {
    return shmLoop;
  }

  @Override
  public Connecting.Dialler<RingHandshake> dialler() {
    return new RingDialling(local, ringBytes, shmLoop, place, stop);
  }

  @Override
  public Outbox.Window newWindow() {
    return Outbox.Window.NONE;
  }

  @Override
  public Queue<OutboundMessage> newInbox() {
    return new MpscUnboundedVarHandleArrayQueue<>(CHUNK);
  }

  @Override
  public void adopt(RingHandshake handshake, Runnable then) {
    then.run(); // there is one thread
  }

  @Override
  public PeerConnection handOver(
      RingHandshake handshake, PeerConnection.Holder holder, Outbox outbox, InboundSession in) {
    RingLink link = new RingLink(local, wakes, handshake.wire(), handshake.writer(), in.received());
    FrameReceiver receiver = new FrameReceiver(holder, local, services, shmLoop, outbox, link, in);
    RingConnection connection =
        new RingConnection(holder, shmLoop, handshake, outbox, link, receiver, this::deleteFiles);
    handshake.handOver(connection);
    return connection;
  }

  private void deleteFiles(String incarnation) {
    try {
      place.directory().delete(incarnation);
    } catch (IOException e) {
      limitedLog.warn(LOG, "cannot delete the files of " + incarnation + ": " + e);
    }
  }
}
