// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.peer.Services;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.ParkedMessage;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The session with one incarnation of a peer: its sending half (the {@link RingOutbox}), its
 * receiving half (the {@link InboundSession}), and the current {@link RingConnection}. Messages can
 * be queued before the session begins; after its end, {@link #renew} prepares the next one. Owned
 * by the receiving thread.
 */
final class RingSession {
  /**
   * Consecutive connections that may break at the same corrupt frame before the session is given
   * up.
   */
  private static final int MAX_FRUITLESS_CONNECTIONS = 16;

  private final ThisNode local;
  private final ShmLoop loop;
  private final Services services;
  private final RingConnection.Holder holder;
  private final BiConsumer<RingOutbox, WeftException> onBroken;
  private final Consumer<Throwable> onThrown;

  /** The outbox of the current or next session. Written by the receiving thread. */
  private volatile RingOutbox outbox;

  // The receiving thread.
  private InboundSession in = new InboundSession();
  private Optional<RingConnection> connection = Optional.empty();
  private long receivedAtBadFrame = -1;
  private int fruitlessConnections;

  /**
   * Prepares the first session.
   *
   * @param holder receives the events of its connections
   * @param onBroken called on any thread when the session of that outbox cannot continue
   * @param onThrown called on any thread with an exception thrown while messages are sent
   */
  RingSession(
      ThisNode local,
      ShmLoop loop,
      Services services,
      RingConnection.Holder holder,
      BiConsumer<RingOutbox, WeftException> onBroken,
      Consumer<Throwable> onThrown) {
    this.local = local;
    this.loop = loop;
    this.services = services;
    this.holder = holder;
    this.onBroken = onBroken;
    this.onThrown = onThrown;
    renew();
  }

  /**
   * Prepares the next session with a new outbox; messages of the last session have been dropped.
   */
  void renew() {
    outbox = new RingOutbox(loop, onBroken, onThrown);
  }

  /** The sending half of the current or next session; any thread. */
  RingOutbox outbox() {
    return outbox;
  }

  /** The number of the last message received, which is also the number of messages received. */
  long received() {
    return in.received();
  }

  // Connections

  /** Continues the session on a connection whose handshake has ended. */
  void carryOn(Handshake handshake) {
    outbox.bind();
    RingConnection established =
        new RingConnection(holder, local, services, loop, handshake, outbox, in);
    connection = Optional.of(established);
    handshake.handOver(established);
  }

  /**
   * Sends again what the peer has not received.
   *
   * @param peerReceived the number of the last message that the peer has received
   * @param onResumed receives the number of messages that are sent again; any thread
   */
  void resume(long peerReceived, IntConsumer onResumed) {
    RingConnection established = connection.orElseThrow();
    outbox.attach(established.link(), peerReceived, onResumed);
  }

  /** Removes a broken connection; false if it is not the current one. */
  boolean forget(RingConnection broken) {
    if (connection.isEmpty() || connection.get() != broken) {
      return false;
    }
    connection = Optional.empty();
    return true;
  }

  /**
   * Whether too many consecutive connections have broken at the same corrupt frame.
   *
   * @param cause why the last connection has broken
   */
  boolean isFruitless(Optional<Throwable> cause) {
    boolean badFrame =
        cause.isPresent()
            && cause.get() instanceof WeftException e
            && !e.code().equals(TransportErrors.NOT_READY);
    if (!badFrame || in.received() != receivedAtBadFrame) {
      fruitlessConnections = 0;
    }
    receivedAtBadFrame = in.received();
    return badFrame && ++fruitlessConnections >= MAX_FRUITLESS_CONNECTIONS;
  }

  /** Closes the connection, if there is one, without notifying the holder. */
  void closeConnection() {
    connection.ifPresent(RingConnection::close);
    connection = Optional.empty();
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    connection.ifPresent(RingConnection::cut);
  }

  // Messages of later views

  /** Parks a copy of a message for a view that is not installed yet. */
  void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    byte[] headerCopy = new byte[header.remaining()];
    header.get(headerCopy);
    in.park(new ParkedMessage(epoch, service, headerCopy, payload.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** Delivers the messages that were parked for the current view. */
  void deliverParked() {
    if (!in.hasParked()) {
      return;
    }
    for (ParkedMessage m : in.unpark(local.epoch())) {
      services.deliver(
          holder.member().id().value(),
          m.service(),
          ByteBuffer.wrap(m.header()),
          MemorySegment.ofArray(m.payload()));
    }
  }

  /**
   * Ends the session. Closes the connection first, so that payloads are not read any more when they
   * are released.
   */
  void end() {
    closeConnection();
    outbox.end();
    in = new InboundSession();
    receivedAtBadFrame = -1;
    fruitlessConnections = 0;
  }
}
