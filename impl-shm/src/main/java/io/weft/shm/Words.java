// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Words of mapped memory that two processes share, in the byte order of the machine. Offsets are
 * multiples of the word's size. Stateless.
 */
final class Words {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private Words() {}

  /** Reads a word; later accesses are not moved before it. */
  static int acquire(MemorySegment memory, long at) {
    return (int) INT.getAcquire(memory, at);
  }

  /** Writes a word; earlier accesses are not moved behind it. */
  static void release(MemorySegment memory, long at, int value) {
    INT.setRelease(memory, at, value);
  }

  /** As {@link #acquire}, of eight bytes. */
  static long acquireLong(MemorySegment memory, long at) {
    return (long) LONG.getAcquire(memory, at);
  }

  /** As {@link #release}, of eight bytes. */
  static void releaseLong(MemorySegment memory, long at, long value) {
    LONG.setRelease(memory, at, value);
  }

  /** Replaces a word, ordered with all accesses before and after it; returns the old value. */
  static int exchange(MemorySegment memory, long at, int value) {
    int before = (int) INT.getAndSet(memory, at, value);
    VarHandle.fullFence(); // on some processors, later reads could be faster than the write
    return before;
  }

  /** Adds to a word; returns the old value. */
  static int add(MemorySegment memory, long at, int value) {
    return (int) INT.getAndAdd(memory, at, value);
  }

  /** Replaces a word that has an expected value; false if it has another one. */
  static boolean replace(MemorySegment memory, long at, int expected, int value) {
    return INT.compareAndSet(memory, at, expected, value);
  }

  /** Orders all accesses before it with all accesses behind it, also writes with later reads. */
  static void fence() {
    VarHandle.fullFence();
  }
}
