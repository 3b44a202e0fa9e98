// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

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
 * The session with one life of a peer: its sending half (the {@link Outbox}), its receiving half
 * (the {@link InboundSession}), and the {@link Connection} that carries them at the moment. Before
 * the session begins, its outbox takes what is sent already; after it has ended, {@link #renew}
 * makes room for the next one. Owned by the peer's event loop.
 */
final class PeerSession {
  /** Connections in a row that broke over a bad frame without anything new having arrived. */
  private static final int MAX_FRUITLESS_CONNECTIONS = 16;

  private final LocalNode local;
  private final IoLoop loop;
  private final Services services;
  private final Connection.Holder holder;
  private final BiConsumer<Outbox, WeftException> onBroken;
  private final Consumer<Throwable> onThrown;

  /** Of the present session, or what waits for the next one. Written by the event loop. */
  private volatile Outbox outbox;

  // The event loop's thread.
  private InboundSession in = new InboundSession();
  private Optional<Connection> connection = Optional.empty();
  private long receivedAtBadFrame = -1;
  private int fruitlessConnections;

  /**
   * Makes room for a first session.
   *
   * @param holder told what its connections report
   * @param onBroken told on any thread that the session of that outbox cannot go on
   * @param onThrown told on any thread what is thrown while messages are sent
   */
  PeerSession(
      LocalNode local,
      IoLoop loop,
      Services services,
      Connection.Holder holder,
      BiConsumer<Outbox, WeftException> onBroken,
      Consumer<Throwable> onThrown) {
    this.local = local;
    this.loop = loop;
    this.services = services;
    this.holder = holder;
    this.onBroken = onBroken;
    this.onThrown = onThrown;
    renew();
  }

  /** Takes messages for the next session; those for the last one have been dropped. */
  void renew() {
    outbox = new Outbox(loop, local.settings(), onBroken, onThrown);
  }

  /** The sending half of the present or the next session; any thread. */
  Outbox outbox() {
    return outbox;
  }

  /** The number of messages that have been received, which is that of the last one. */
  long received() {
    return in.received();
  }

  // Connections

  /** Lets a connection carry the session from now on; its handshake is over. */
  void carryOn(HandshakeHandler handshake) {
    outbox.bind();
    Connection established =
        new Connection(
            holder,
            local,
            services,
            loop,
            handshake.channel(),
            handshake.receiveBuffer(),
            outbox,
            in);
    connection = Optional.of(established);
    handshake.handOver(established);
  }

  /**
   * Sends what the peer has not received, and handles what came behind the handshake.
   *
   * @param peerReceived the number of the last message that the peer has received
   * @param onResumed told how many messages are sent again; any thread
   */
  void resume(long peerReceived, IntConsumer onResumed) {
    Connection established = connection.orElseThrow();
    outbox.attach(established.link(), peerReceived, onResumed);
    established.resumeReading();
  }

  /** Forgets a connection that has broken; false if it is not the present one. */
  boolean forget(Connection broken) {
    if (connection.isEmpty() || connection.get() != broken) {
      return false;
    }
    connection = Optional.empty();
    return true;
  }

  /**
   * Whether too many connections in a row have broken over a bad frame.
   *
   * @param cause why the last one has broken
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

  /** Closes the connection, if there is one; the holder is not told. */
  void closeConnection() {
    connection.ifPresent(Connection::close);
    connection = Optional.empty();
  }

  /** Breaks the connection as a failing network would; for tests. */
  void cut() {
    connection.ifPresent(Connection::cut);
  }

  // Messages of views to come

  /** Keeps a message for a view that is not installed yet; copies it. */
  void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
    byte[] headerCopy = new byte[header.remaining()];
    header.get(headerCopy);
    in.park(new ParkedMessage(epoch, service, headerCopy, payload.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** Delivers what was kept for the view that is in force now. */
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

  /** Closes the connection first, so that nothing reads payloads any more, then gives them back. */
  void end() {
    closeConnection();
    outbox.end();
    in = new InboundSession();
    receivedAtBadFrame = -1;
    fruitlessConnections = 0;
  }
}
