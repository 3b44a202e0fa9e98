// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.WeftException;
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
 * The session with one incarnation of a peer: its sending half (the {@link Outbox}), its receiving
 * half (the {@link InboundSession}), and the current {@link PeerConnection}. Messages can be queued
 * before the session begins; after its end, {@link #renew} prepares the next one. Owned by the
 * peer's loop.
 *
 * @param <H> the handshakes of the transport
 */
final class PeerSession<H extends Handshake> {
  /**
   * Consecutive connections that may break at the same corrupt frame before the session is given
   * up.
   */
  private static final int MAX_FRUITLESS_CONNECTIONS = 16;

  private final LocalNode local;
  private final Carrier<H> carrier;
  private final Services services;
  private final PeerConnection.Holder holder;
  private final BiConsumer<Outbox, WeftException> onBroken;
  private final Consumer<Throwable> onThrown;

  /** The outbox of the current or next session. Written by the loop. */
  private volatile Outbox outbox;

  // The loop's thread.
  private InboundSession in = new InboundSession();
  private Optional<PeerConnection> connection = Optional.empty();
  private long receivedAtBadFrame = -1;
  private int fruitlessConnections;

  /**
   * Prepares the first session.
   *
   * @param holder receives the events of its connections
   * @param onBroken called on any thread when the session of that outbox cannot continue
   * @param onThrown called on any thread with an exception thrown while messages are sent
   */
  PeerSession(
      LocalNode local,
      Carrier<H> carrier,
      Services services,
      PeerConnection.Holder holder,
      BiConsumer<Outbox, WeftException> onBroken,
      Consumer<Throwable> onThrown) {
    this.local = local;
    this.carrier = carrier;
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
    outbox =
        new Outbox(carrier.loop(), carrier.newInbox(), carrier.newWindow(), onBroken, onThrown);
  }

  /** The sending half of the current or next session; any thread. */
  Outbox outbox() {
    return outbox;
  }

  /** The number of the last message received, which is also the number of messages received. */
  long received() {
    return in.received();
  }

  // Connections

  /** Continues the session on a connection whose handshake has ended. */
  void carryOn(H handshake) {
    outbox.bind();
    connection = Optional.of(carrier.handOver(handshake, holder, outbox, in));
  }

  /**
   * Sends again what the peer has not received, and handles frames that arrived after the
   * handshake.
   *
   * @param peerReceived the number of the last message that the peer has received
   * @param onResumed receives the number of messages that are sent again; any thread
   */
  void resume(long peerReceived, IntConsumer onResumed) {
    PeerConnection established = connection.orElseThrow();
    outbox.attach(established.link(), peerReceived, onResumed);
    established.resumeReading();
  }

  /** Removes a broken connection; false if it is not the current one. */
  boolean forget(PeerConnection broken) {
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
    connection.ifPresent(PeerConnection::close);
    connection = Optional.empty();
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    connection.ifPresent(PeerConnection::cut);
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
