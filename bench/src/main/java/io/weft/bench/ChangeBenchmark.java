// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.spi.directory.Buckets;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of a change of 8 declared bytes on a block that the node holds exclusively: lease,
 * declaration, write and SYNC commit with the volatile log; each invocation does {@value
 * #OPERATIONS} of them, over an extent of blocks of the thread's own or over one that all threads
 * share.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class ChangeBenchmark {
  /** Operations of one invocation: many, so that the cost of reading the clock is negligible. */
  public static final int OPERATIONS = 1_000;

  /** Operations of one invocation that waits for a device each time. */
  static final int FEW_OPERATIONS = 20;

  /** Blocks of a thread. */
  static final int BLOCKS = Buckets.EXTENT_BLOCKS;

  private static final int FILE = 1;
  private static final long HOT = 1L << 32;
  private static final long LOCKED = 1L << 33;

  /** A thread's change, and its blocks. */
  @State(Scope.Thread)
  public static class Writer {
    private Change change;
    private long first;

    /** Takes an extent of its own. */
    @Setup
    public void prepare(LoneEngine engine) {
      change = engine.cache().newChange();
      first = engine.newExtent();
    }

    private long increment(long number) {
      return increment(number, Durability.SYNC);
    }

    private long increment(long number, Durability durability) {
      ExclusiveLease lease = change.exclusive(FILE, number);
      MemorySegment counter = change.writable(lease, 0, Long.BYTES);
      counter.set(JAVA_LONG, 0, counter.get(JAVA_LONG, 0) + 1);
      return change.commit(durability);
    }
  }

  /** Changes blocks that no other thread uses. */
  @Benchmark
  public long own(Writer writer) {
    long last = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      last = writer.increment(writer.first + (i & (BLOCKS - 1)));
    }
    return last;
  }

  /** As {@link #own}, without waiting for the redo. */
  long ownUnforced(Writer writer) {
    long last = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      last = writer.increment(writer.first + (i & (BLOCKS - 1)), Durability.ASYNC);
    }
    return last;
  }

  /** Changes a few blocks that no other thread uses. */
  long ownFew(Writer writer) {
    long last = 0;
    for (int i = 0; i < FEW_OPERATIONS; i++) {
      last = writer.increment(writer.first + (i & (BLOCKS - 1)));
    }
    return last;
  }

  /** As {@link #hot}, but threads wait for each other at a lock, and never at the block. */
  long locked(Writer writer, ReentrantLock lock) {
    long last = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      lock.lock();
      try {
        last = writer.increment(LOCKED);
      } finally {
        lock.unlock();
      }
    }
    return last;
  }

  /** Changes one block that all threads change. */
  @Benchmark
  public long hot(Writer writer) {
    long last = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      last = writer.increment(HOT);
    }
    return last;
  }
}
