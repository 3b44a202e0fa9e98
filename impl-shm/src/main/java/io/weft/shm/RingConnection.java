// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.peer.FrameReceiver;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.session.Frame;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A connection that carries the frames of a session. This is its receiving half, which handles
 * frames in place in the ring; {@link RingLink} is the writing half. Owned by the receiving thread.
 */
final class RingConnection implements PeerConnection, ShmLoop.Source {
  /** Most messages handled before the other connections have their turn. */
  private static final int MAX_MESSAGES_OF_A_POLL = 32;

  private final Holder holder;
  private final ShmLoop loop;
  private final Wire wire;
  private final MessageReader reader;
  private final Outbox outbox;
  private final RingLink link;
  private final FrameReceiver receiver;
  private final Consumer<String> onProcessEnded;

  private boolean peerEnded;
  private boolean polling;
  private boolean open = true;
  private boolean released;
  private Optional<Throwable> cause = Optional.empty();

  /**
   * Continues a session on a connection whose handshake has ended.
   *
   * @param outbox the sending half of the session
   * @param link the writing half of the connection
   * @param receiver handles the frames
   * @param onProcessEnded receives an incarnation whose process has ended, and left its files
   */
  RingConnection(
      Holder holder,
      ShmLoop loop,
      RingHandshake handshake,
      Outbox outbox,
      RingLink link,
      FrameReceiver receiver,
      Consumer<String> onProcessEnded) {
    this.holder = holder;
    this.loop = loop;
    this.wire = handshake.wire();
    this.reader = handshake.reader();
    this.outbox = outbox;
    this.link = link;
    this.receiver = receiver;
    this.onProcessEnded = onProcessEnded;
  }

  @Override
  public RingLink link() {
    return link;
  }

  @Override
  public boolean hasWork() {
    return reader.hasNext() || link.hasNewRoom() || wire.isHungUp() || peerEnded;
  }

  @Override
  public boolean poll() {
    boolean any = false;
    polling = true;
    try {
      if (link.hasNewRoom()) {
        outbox.signal();
        any = true;
      }
      boolean last = peerEnded || wire.isHungUp(); // read before the ring
      any |= receive();
      if (last && open && !reader.hasNext()) {
        closed();
        any = true;
      }
    } catch (WeftException e) {
      fail(e);
    } catch (Throwable t) { // a frame may be counted as received without having been delivered
      loop.onThrown(t);
      fail(t);
    } finally {
      polling = false;
      releaseIfClosed();
    }
    return any;
  }

  private boolean receive() {
    int messages = 0;
    while (open && messages < MAX_MESSAGES_OF_A_POLL && reader.next()) {
      messages++;
      onMessage();
      if (open) {
        reader.done();
      }
    }
    boolean any = messages > 0;
    if (open && reader.owesRoom()) { // also of a message that is not complete: the rest needs it
      any = true;
      if (reader.giveRoom()) {
        wire.wakePeer();
      }
    }
    if (open && messages > 0) {
      receiver.acknowledgeSoon();
    }
    return any;
  }

  private void onMessage() {
    ByteBuffer bytes = reader.bytes();
    int at = reader.at();
    if (!reader.isFrame() || reader.length() < Frame.PREFIX_BYTES || !Frame.hasMagic(bytes, at)) {
      throw receiver.corrupt(TransportErrors.CORRUPT_FRAME, "a record that is no frame");
    }
    if (!Frame.isLengthLegal(bytes, at) || Frame.length(bytes, at) != reader.length()) {
      throw receiver.corrupt(
          TransportErrors.CORRUPT_FRAME, "a frame whose length is not its record's");
    }
    receiver.onFrame(bytes, reader.memory(), at, reader.length());
  }

  // End

  @Override
  public void checkPeer() {
    try {
      if (open && !peerEnded && !wire.isPeerAlive()) {
        peerEnded = true; // what it has written completely is still handled
        onProcessEnded.accept(wire.peer());
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(Throwable reason) {
    if (cause.isEmpty()) {
      cause = Optional.of(reason);
    }
    closed();
  }

  private void closed() {
    if (open) {
      close();
      holder.onDisconnected(this, cause);
    }
  }

  /** Frames that arrived together with the handshake are in the ring, which is polled. */
  @Override
  public void resumeReading() {}

  @Override
  public void cut() {
    closed();
  }

  /** Closes without notifying the holder. The connection is not used afterwards. */
  @Override
  public void close() {
    if (open) {
      open = false;
      receiver.close();
      loop.remove(this);
      wire.hangUp();
      outbox.detach(link);
      releaseIfClosed();
    }
  }

  /** Gives up the ring, but not while a record in it may be read. */
  private void releaseIfClosed() {
    if (!open && !polling && !released) {
      released = true;
      wire.release();
    }
  }
}
