// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.peer.Handshake;
import io.weft.spi.peer.HandshakeSide;
import io.weft.spi.peer.PeerLoop;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Exchanges handshake messages on a new connection until a session takes it over. An exception of a
 * side stops the node, except a {@link WeftException} about a received message. Owned by the
 * receiving thread.
 */
final class RingHandshake implements Handshake, ShmLoop.Source {
  private final HandshakeSide<RingHandshake> side;
  private final Wire wire;
  private final ShmLoop loop;
  private final Duration timeout;
  private final Consumer<Throwable> onThrown;
  private final RingWriter writer;
  private final MessageReader reader;
  private Optional<PeerLoop.Timer> timer = Optional.empty();
  private Runnable whenOver = () -> {};
  private boolean said;
  private boolean over;

  /** Creates one end; {@code onThrown} receives exceptions of the side. */
  RingHandshake(
      HandshakeSide<RingHandshake> side,
      Wire wire,
      ShmLoop loop,
      Duration timeout,
      Consumer<Throwable> onThrown) {
    this.side = side;
    this.wire = wire;
    this.loop = loop;
    this.timeout = timeout;
    this.onThrown = onThrown;
    this.writer = wire.writer();
    this.reader = new MessageReader(wire.reader());
  }

  Wire wire() {
    return wire;
  }

  @Override
  public String address() {
    return wire.peer();
  }

  /** Sets an action that runs once when the handshake has ended, with or without success. */
  void whenOver(Runnable action) {
    whenOver = action;
  }

  /** Begins: writes the first message, if this side sends it, and polls for the answer. */
  void begin() {
    timer = Optional.of(loop.schedule(this::onTimeout, timeout.toMillis()));
    loop.add(this);
    side.opening().ifPresent(this::say);
  }

  private void onTimeout() {
    fail(
        new WeftException(
            TransportErrors.HANDSHAKE_TIMEOUT,
            address()
                + " did not finish the handshake in "
                + timeout
                + "; this node had said "
                + (said ? "hello" : "nothing")));
  }

  @Override
  public boolean poll() {
    try {
      if (reader.next()) {
        pass(received());
        return true;
      }
      if (wire.refusedBy() != 0) {
        throw new WeftException(
            TransportErrors.PROTOCOL_VERSION,
            "version "
                + NodePage.VERSION
                + " of the layout of shared memory is refused by version "
                + wire.refusedBy()
                + "; run the same release on all nodes");
      }
      if (wire.isHungUp() && !reader.hasNext()) {
        throw new WeftException(
            TransportErrors.NOT_READY, "it closed the connection during the handshake");
      }
      return false;
    } catch (WeftException e) {
      fail(new WeftException(e.code(), address() + ": " + e.getMessage(), e));
      return true;
    }
  }

  private HandshakeMessage received() {
    if (reader.isFrame()) {
      throw new WeftException(TransportErrors.NOT_WEFT, "a frame came before the handshake");
    }
    ByteBuffer bytes = reader.bytes().duplicate();
    bytes.clear().position(reader.at()).limit(reader.at() + reader.length());
    Optional<HandshakeMessage> message = HandshakeMessage.decode(bytes);
    reader.done();
    reader.giveRoom();
    return message.orElseThrow(
        () -> new WeftException(TransportErrors.NOT_WEFT, "handshake is cut short"));
  }

  private void pass(HandshakeMessage message) {
    try {
      side.onMessage(this, message);
    } catch (WeftException e) {
      throw e;
    } catch (Throwable t) {
      close();
      onThrown.accept(t);
    }
  }

  @Override
  public boolean hasWork() {
    return reader.hasNext() || wire.isHungUp() || wire.refusedBy() != 0;
  }

  @Override
  public void checkPeer() {
    try {
      if (!wire.isPeerAlive()) {
        fail(
            new WeftException(
                TransportErrors.NOT_READY, address() + ": the process ended during the handshake"));
      }
    } catch (IOException e) {
      fail(
          new WeftException(
              TransportErrors.NOT_READY, address() + ": cannot ask whether it lives: " + e, e));
    }
  }

  private void fail(WeftException reason) {
    if (over) {
      return;
    }
    close();
    try {
      side.onFailed(reason);
    } catch (Throwable t) {
      onThrown.accept(t);
    }
  }

  @Override
  public void say(HandshakeMessage message, Runnable written) {
    say(message);
    written.run();
  }

  /** Writes a message. The ring is empty, and has room for the longest. */
  private void say(HandshakeMessage message) {
    said = true;
    byte[] bytes = HandshakeMessage.encode(message);
    for (int from = 0; from < bytes.length; ) {
      int length = Math.min(bytes.length - from, writer.maxBody());
      int at = writer.claim(length);
      if (at < 0) {
        throw new IllegalStateException("no room for a handshake of " + bytes.length + " bytes");
      }
      writer.bytes().put(at, bytes, from, length);
      int kind = Ring.HANDSHAKE | (from == 0 ? Ring.FIRST : 0);
      from += length;
      writer.publish(kind | (from == bytes.length ? Ring.LAST : 0));
    }
    wire.wakePeer();
  }

  @Override
  public void sayAndClose(HandshakeMessage message) {
    say(message);
    close();
  }

  /** Closes the connection without notifying the side. */
  @Override
  public void close() {
    if (!over) {
      finish();
      loop.remove(this);
      wire.hangUp();
      wire.release();
      wire.release();
    }
  }

  /** Hands the connection to a session, with what has been received after the handshake. */
  void handOver(ShmLoop.Source connection) {
    finish();
    loop.replace(this, connection);
  }

  /** The reading half, for the session that takes over. */
  MessageReader reader() {
    return reader;
  }

  /** The writing half, for the session that takes over. */
  RingWriter writer() {
    return writer;
  }

  private void finish() {
    if (!over) {
      over = true;
      whenOver.run();
      timer.ifPresent(PeerLoop.Timer::cancel);
    }
  }
}
