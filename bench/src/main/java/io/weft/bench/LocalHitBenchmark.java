// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.spi.directory.Buckets;
import java.util.concurrent.TimeUnit;
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
 * The cost of reading a block that the node holds: lease, first 8 bytes, release; each invocation
 * does {@value #OPERATIONS} of them, over an extent of blocks of the thread's own or over one that
 * all threads share.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class LocalHitBenchmark {
  /** Operations of one invocation: many, so that the cost of reading the clock is negligible. */
  public static final int OPERATIONS = 1_000;

  /** Blocks of a thread. */
  static final int BLOCKS = Buckets.EXTENT_BLOCKS;

  private static final int FILE = 1;
  private static final long HOT = 1L << 32;

  /** The reading of a thread and its blocks, which the node holds after the first access. */
  @State(Scope.Thread)
  public static class Reader {
    private Reading reading;
    private long first;

    /** Takes an extent of its own. */
    @Setup
    public void prepare(LoneEngine engine) {
      reading = engine.cache().newReading();
      first = engine.newExtent();
      for (int i = 0; i < BLOCKS; i++) {
        reading.shared(FILE, first + i).close();
      }
    }
  }

  /** Reads blocks that no other thread uses. */
  @Benchmark
  public long own(Reader reader) {
    long sum = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      try (SharedLease lease = reader.reading.shared(FILE, reader.first + (i & (BLOCKS - 1)))) {
        sum += lease.content().get(JAVA_LONG, 0);
      }
    }
    return sum;
  }

  /** Reads one block that all threads read. */
  @Benchmark
  public long hot(Reader reader) {
    long sum = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      try (SharedLease lease = reader.reading.shared(FILE, HOT)) {
        sum += lease.content().get(JAVA_LONG, 0);
      }
    }
    return sum;
  }
}
