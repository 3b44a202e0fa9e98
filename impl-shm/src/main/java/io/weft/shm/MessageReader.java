// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.session.Frame;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Reads the messages of a ring: handshake messages and frames. One that is in one record is read
 * where it lies in the ring; fragments are put together in a buffer. Owned by one thread.
 */
final class MessageReader {
  /** Longest message in bytes. */
  private static final int MAX_BYTES =
      Math.max(Frame.MAX_BYTES, HandshakeMessage.ENVELOPE_BYTES + HandshakeMessage.MAX_BODY_BYTES);

  private final RingReader ring;

  /** The buffer of fragments; empty until there are any. */
  private MemorySegment whole = MemorySegment.NULL;

  private ByteBuffer wholeBytes = ByteBuffer.allocate(0);
  private int filled;
  private boolean inPlace;
  private int kind;

  MessageReader(RingReader ring) {
    this.ring = ring;
  }

  /** Whether there is a record to read. */
  boolean hasNext() {
    return ring.hasNext();
  }

  /**
   * Finds the next complete message.
   *
   * @return false if there is none now
   * @throws WeftException if the ring does not have what the peer's {@link RingLink} writes
   */
  boolean next() {
    while (ring.next()) {
      kind = ring.kind();
      if ((kind & Ring.WHOLE) == Ring.WHOLE && filled == 0) {
        inPlace = true;
        return true;
      }
      if ((kind & Ring.FIRST) != 0 != (filled == 0)) {
        throw new WeftException(
            TransportErrors.CORRUPT_FRAME,
            "a fragment does not follow the one before; the connection is renewed");
      }
      append();
      ring.consume();
      if ((kind & Ring.LAST) != 0) {
        inPlace = false;
        return true;
      }
    }
    return false;
  }

  private void append() {
    int bytes = ring.bodyBytes();
    if (filled + bytes > MAX_BYTES) {
      throw new WeftException(
          TransportErrors.FRAME_TOO_LARGE, "a message is longer than " + MAX_BYTES + " bytes");
    }
    if (whole.byteSize() == 0) {
      whole = Arena.ofAuto().allocate(MAX_BYTES);
      wholeBytes = whole.asByteBuffer();
    }
    MemorySegment.copy(ring.memory(), ring.bodyAt(), whole, filled, bytes);
    filled += bytes;
  }

  /** Whether the message is a frame; otherwise it is a handshake message. */
  boolean isFrame() {
    return (kind & Ring.FRAME) != 0;
  }

  /** The memory in which the message is, at {@link #at}; big-endian. */
  ByteBuffer bytes() {
    return inPlace ? ring.bytes() : wholeBytes;
  }

  /** The same as memory. */
  MemorySegment memory() {
    return inPlace ? ring.memory() : whole;
  }

  /** Where the message begins. */
  int at() {
    return inPlace ? ring.bodyAt() : 0;
  }

  /** Bytes of the message. */
  int length() {
    return inPlace ? ring.bodyBytes() : filled;
  }

  /** The message is not read any more. */
  void done() {
    if (inPlace) {
      ring.consume();
    }
    filled = 0;
  }

  /** Whether records have been read since {@link #giveRoom}, be it a part of a message. */
  boolean owesRoom() {
    return ring.owesRoom();
  }

  /** Gives back the room of what has been read; whether the producer must be woken. */
  boolean giveRoom() {
    return ring.giveRoom();
  }
}
