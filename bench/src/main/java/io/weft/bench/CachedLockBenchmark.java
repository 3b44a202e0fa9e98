// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockOwner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
 * The cost of a lock that the node has kept: acquire and release; or acquire, convert up, write the
 * value and release. Each invocation does {@value #OPERATIONS} of them, over locks of the thread's
 * own.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class CachedLockBenchmark {
  /** Operations of one invocation: many, so that the cost of reading the clock is negligible. */
  public static final int OPERATIONS = 1_000;

  private static final int LOCKS = 64;
  private static final AtomicInteger USERS = new AtomicInteger();

  /** The owner of a thread and its locks, which the node has after the first acquisition. */
  @State(Scope.Thread)
  public static class User {
    private final LockName[] names = new LockName[LOCKS];
    private final byte[] value = new byte[Long.BYTES];
    private LockOwner owner;

    /** Takes locks of its own. */
    @Setup
    public void prepare(LoneEngine engine) {
      int user = USERS.incrementAndGet();
      owner = engine.cache().locks().newOwner("bench");
      for (int i = 0; i < LOCKS; i++) {
        names[i] = LockName.of("bench " + user + " " + i);
        owner.acquire(names[i], LockMode.EX);
        owner.release(names[i]);
      }
    }
  }

  /** Acquires and releases. */
  @Benchmark
  public void cached(User user) {
    for (int i = 0; i < OPERATIONS; i++) {
      LockName name = user.names[i & LOCKS - 1];
      user.owner.acquire(name, LockMode.EX);
      user.owner.release(name);
    }
  }

  /** Acquires, converts, and releases with a value. */
  @Benchmark
  public void converted(User user) {
    for (int i = 0; i < OPERATIONS; i++) {
      LockName name = user.names[i & LOCKS - 1];
      user.owner.acquire(name, LockMode.PR);
      user.owner.convert(name, LockMode.EX);
      user.owner.release(name, user.value);
    }
  }
}
