// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Backoff and logging for an operation that is retried, for example on a full disk. The wait before
 * the next attempt starts at {@link #FIRST_NS} and doubles up to {@link #LONGEST_NS}. The first
 * failure is logged, then at most one line a minute, even if attempts succeed in between.
 * Thread-safe.
 */
public final class Setback {
  /** First wait in nanoseconds. */
  public static final long FIRST_NS = 100_000_000;

  /** Longest wait in nanoseconds. */
  public static final long LONGEST_NS = 5_000_000_000L;

  private static final long LINE_NS = 60_000_000_000L;

  private final Logger logger;
  private final LongSupplier nanoTime;
  private long delayNs;
  private long againNs;
  private boolean hasLine;
  private long lineNs;
  private int failures;

  /**
   * Creates a backoff without failures.
   *
   * @param logger receives the warnings
   * @param nanoTime monotonic time in nanoseconds
   */
  public Setback(Logger logger, LongSupplier nanoTime) {
    this.logger = logger;
    this.nanoTime = nanoTime;
  }

  /**
   * Records a failed attempt.
   *
   * @param what the text of the warning, if one is logged
   * @return the wait before the next attempt, in nanoseconds
   */
  public synchronized long met(Supplier<String> what) {
    long now = nanoTime.getAsLong();
    boolean first = failures++ == 0;
    delayNs = first ? FIRST_NS : Math.min(2 * delayNs, LONGEST_NS);
    againNs = now + delayNs;
    if (!hasLine || now - lineNs >= LINE_NS) { // attempts may succeed in between, and fail again
      hasLine = true;
      lineNs = now;
      int so = failures;
      logger.log(Level.WARNING, () -> what.get() + (so == 1 ? "" : " (failure " + so + ")"));
    }
    return delayNs;
  }

  /** Records a successful attempt. The next failure starts with the first wait. */
  public synchronized void overcome() {
    failures = 0;
  }

  /** Whether an attempt may be made now: the last one succeeded, or the wait is over. */
  public synchronized boolean isOver() {
    return failures == 0 || nanoTime.getAsLong() - againNs >= 0;
  }
}
