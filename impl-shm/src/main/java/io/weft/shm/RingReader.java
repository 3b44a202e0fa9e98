// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * The consumer of a ring. {@link #next} finds a record, which is read in place until {@link
 * #consume}; {@link #giveRoom} returns the room of what has been consumed. Owned by one thread.
 */
final class RingReader {
  /** Share of the ring after which room is given back at the latest: a sixteenth. */
  private static final int SHARE = 16;

  private final MemorySegment control;
  private final MemorySegment data;
  private final MemorySegment readable;
  private final ByteBuffer bytes;
  private final int capacity;
  private final int maxBody;
  private long consumed;
  private long given;

  /** What had been consumed when the producer was last asked whether it waits. */
  private long reported;

  private int at;
  private int body;

  RingReader(Ring.Direction direction) {
    this.control = direction.control();
    this.data = direction.data();
    this.readable = data.asReadOnly();
    this.bytes = data.asByteBuffer().asReadOnlyBuffer(); // big-endian
    this.capacity = (int) data.byteSize();
    this.maxBody = Ring.maxBody(capacity);
  }

  /** The ring as a buffer, big-endian and read-only. */
  ByteBuffer bytes() {
    return bytes;
  }

  /** The ring as memory, read-only. */
  MemorySegment memory() {
    return readable;
  }

  /** Whether there is something to read. */
  boolean hasNext() {
    return Words.acquire(data, index()) != 0;
  }

  /**
   * Finds the next record.
   *
   * @return false if there is none now
   * @throws WeftException {@link TransportErrors#CORRUPT_FRAME} if the ring has no legal record
   */
  boolean next() {
    int length = Words.acquire(data, index());
    if (length < 0) {
      if (length != index() - capacity) {
        throw corrupt("padding of " + -(long) length + " bytes at " + index());
      }
      clear(-length);
      length = Words.acquire(data, index());
    }
    if (length == 0) {
      return false;
    }
    if (length < 0 || length > maxBody || index() + Ring.recordBytes(length) > capacity) {
      throw corrupt("a record of " + length + " bytes at " + index());
    }
    at = index();
    body = length;
    return true;
  }

  /** Offset of the body of the record that {@link #next} has found. */
  int bodyAt() {
    return at + Ring.RECORD_HEADER_BYTES;
  }

  /** Bytes of its body. */
  int bodyBytes() {
    return body;
  }

  /** Its kind. */
  int kind() {
    return data.get(ValueLayout.JAVA_INT, at + Ring.KIND_AT);
  }

  /** The record is not read any more. */
  void consume() {
    clear(Ring.recordBytes(body));
    if (consumed - given >= capacity / SHARE) {
      publish();
    }
  }

  /** Whether anything has been consumed since {@link #giveRoom}, be it part of a message. */
  boolean owesRoom() {
    return consumed != reported;
  }

  /**
   * Gives back the room of all consumed records. To be called after records have been consumed.
   *
   * @return whether the producer waits for it, and must be woken
   */
  boolean giveRoom() {
    publish();
    reported = consumed;
    Words.fence();
    return Words.acquire(control, Ring.WAITING_AT) != 0
        && Words.replace(control, Ring.WAITING_AT, 1, 0);
  }

  private void publish() {
    given = consumed;
    Words.releaseLong(control, Ring.CONSUMED_AT, given);
  }

  private void clear(int length) {
    data.asSlice(index(), length).fill((byte) 0);
    consumed += length;
  }

  private int index() {
    return (int) consumed & (capacity - 1);
  }

  private static WeftException corrupt(String what) {
    return new WeftException(
        TransportErrors.CORRUPT_FRAME, "the ring has " + what + "; the connection is renewed");
  }
}
