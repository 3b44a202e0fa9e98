// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The ring buffer between appenders and the writer: the bytes of the log from {@link #head}, up to
 * which the writer has taken them, to {@link #tail}, up to which appenders have reserved room. Any
 * number of appenders, one writer at a time.
 *
 * <pre>
 *           head            tail
 *   . . . . [published|. . .|published] . . . .     LSN &amp; (size - 1) is a byte's place
 * </pre>
 *
 * <p>An appender reserves room by moving the tail, fills its record, and publishes it by writing
 * the length. The writer waits for a length that is not zero: free memory is zero. A record that
 * begins before the end of the ring may extend beyond it, into extra memory after the end.
 */
final class RedoRing {
  private static final VarHandle LENGTH = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  /** Indices into {@link #words}: each word has a pair of cache lines of its own. */
  private static final int TAIL = 16;

  private static final int HEAD = 32;
  private static final int HEAD_SEEN = 48;

  /** Number of words, including the padding around the used ones. */
  private static final int WORDS_LENGTH = 64;

  private final int size;
  private final MemorySegment memory;
  private final ByteBuffer buffer;
  private final long[] words = new long[WORDS_LENGTH];

  /**
   * Makes a ring.
   *
   * @param size a power of two
   * @param maxRecord bytes of the longest record
   * @param first the LSN to begin with
   */
  RedoRing(int size, int maxRecord, long first) {
    this.size = size;
    this.memory = Arena.ofAuto().allocate((long) size + maxRecord, LogFormat.PAGE_BYTES); // is zero
    this.buffer = memory.asByteBuffer();
    WORDS.setVolatile(words, HEAD, first);
    WORDS.setVolatile(words, HEAD_SEEN, first);
    WORDS.setVolatile(words, TAIL, first);
  }

  int size() {
    return size;
  }

  MemorySegment memory() {
    return memory;
  }

  /** The same memory as a buffer, for checksums. */
  ByteBuffer buffer() {
    return buffer;
  }

  int index(long lsn) {
    return (int) lsn & (size - 1);
  }

  long tail() {
    return (long) WORDS.getVolatile(words, TAIL);
  }

  long head() {
    return (long) WORDS.getAcquire(words, HEAD);
  }

  /** Whether there is room up to {@code end}. */
  boolean hasRoom(long end) {
    if (end - (long) WORDS.getOpaque(words, HEAD_SEEN) <= size) {
      return true;
    }
    long head = head();
    WORDS.setOpaque(words, HEAD_SEEN, head);
    return end - head <= size;
  }

  /** Reserves {@code from} to {@code to} for the caller, unless the tail has moved. */
  boolean reserve(long from, long to) {
    return WORDS.compareAndSet(words, TAIL, from, to);
  }

  /** Publishes a record to the writer. */
  void publish(long lsn, int length) {
    assert length > 0 && length % LogFormat.ALIGNMENT == 0 : length;
    assert head() <= lsn && lsn + length <= tail() : lsn + " and " + length + " bytes in " + this;
    LENGTH.setRelease(memory, (long) index(lsn) + LogFormat.LENGTH_AT, length);
  }

  /** The length of the record at a place; 0 if it has not been published. */
  int published(int index) {
    return (int) LENGTH.getAcquire(memory, (long) index + LogFormat.LENGTH_AT);
  }

  /** Clears the bytes that the writer has taken, before {@link #advance}. */
  void clear(int index, int bytes) {
    memory.asSlice(index, bytes).fill((byte) 0);
  }

  /** Whether the memory of reserved room is zero, as the writer has to leave it. For assertions. */
  boolean isClear(int index, int bytes) {
    for (int i = 0; i < bytes; i += Long.BYTES) { // places and lengths are multiples of 8
      if (memory.get(ValueLayout.JAVA_LONG, (long) index + i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Frees the room before {@code lsn} for the appenders. */
  void advance(long lsn) {
    if (lsn < head() || lsn > tail()) {
      throw new WeftException(
          CoreErrors.INVARIANT_BROKEN, "room up to LSN " + lsn + " is given back in " + this);
    }
    WORDS.setRelease(words, HEAD, lsn);
  }

  @Override
  public String toString() {
    return "a redo ring of " + size + " bytes, LSN " + head() + " to " + tail();
  }
}
