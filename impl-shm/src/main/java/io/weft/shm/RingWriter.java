// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * The producer of a ring. A record is claimed, written in place, and published. Not thread-safe:
 * one thread at a time.
 */
final class RingWriter {
  private final MemorySegment control;
  private final MemorySegment data;
  private final ByteBuffer bytes;
  private final int capacity;
  private final int maxBody;
  private long produced;
  private long knownConsumed;
  private int claimedAt;
  private int claimedBody;

  RingWriter(Ring.Direction direction) {
    this.control = direction.control();
    this.data = direction.data();
    this.bytes = data.asByteBuffer(); // big-endian
    this.capacity = (int) data.byteSize();
    this.maxBody = Ring.maxBody(capacity);
  }

  /** Largest body of a record in bytes. */
  int maxBody() {
    return maxBody;
  }

  /** The ring as a buffer, big-endian; offsets are those of {@link #claim}. */
  ByteBuffer bytes() {
    return bytes;
  }

  /** The ring as memory; offsets are those of {@link #claim}. */
  MemorySegment memory() {
    return data;
  }

  /**
   * Claims room for a record.
   *
   * @param body its bytes, at most {@link #maxBody}
   * @return offset of the body in the ring; -1 if there is no room now
   */
  int claim(int body) {
    int needed = Ring.recordBytes(body);
    int at = index(produced);
    int toEnd = capacity - at;
    int padding = needed > toEnd ? toEnd : 0;
    if (!hasRoom(padding + needed)) {
      return -1;
    }
    if (padding > 0) {
      Words.release(data, at, -padding);
      produced += padding;
      at = 0;
    }
    claimedAt = at;
    claimedBody = body;
    return at + Ring.RECORD_HEADER_BYTES;
  }

  /** Makes the claimed record visible to the consumer. */
  void publish(int kind) {
    data.set(ValueLayout.JAVA_INT, claimedAt + Ring.KIND_AT, kind);
    Words.release(data, claimedAt, claimedBody);
    produced += Ring.recordBytes(claimedBody);
  }

  /** Asks the consumer to wake this process when it has made room. Check for room afterwards. */
  void askForRoom() {
    Words.exchange(control, Ring.WAITING_AT, 1);
  }

  /** Bytes that the consumer has consumed since the beginning; any thread. */
  long consumed() {
    return Words.acquireLong(control, Ring.CONSUMED_AT);
  }

  private boolean hasRoom(int needed) {
    if (produced + needed - knownConsumed <= capacity) {
      return true;
    }
    knownConsumed = consumed();
    return produced + needed - knownConsumed <= capacity;
  }

  private int index(long position) {
    return (int) position & (capacity - 1);
  }
}
