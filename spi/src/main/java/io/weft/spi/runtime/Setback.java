// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A trouble that is tried again, such as a full disk: says how long to wait before the next
 * attempt, twice as long each time up to {@link #LONGEST_NS}, and logs the first failure and then
 * one line a minute, also if attempts succeed in between. Thread-safe.
 */
public final class Setback {
  /** First wait. */
  public static final long FIRST_NS = 100_000_000;

  /** Longest wait. */
  public static final long LONGEST_NS = 5_000_000_000L;

  private static final long LINE_NS = 60_000_000_000L;

  private final Logger logger;
  private final LongSupplier nanoTime;
  private long delayNs;
  private long againNs;
  private boolean hasLine;
  private long lineNs;
  private int failures;

  /** Nothing has failed yet. */
  public Setback(Logger logger, LongSupplier nanoTime) {
    this.logger = logger;
    this.nanoTime = nanoTime;
  }

  /** An attempt has failed; returns how long to wait before the next one. */
  public synchronized long met(Supplier<String> what) {
    long now = nanoTime.getAsLong();
    boolean first = failures++ == 0;
    delayNs = first ? FIRST_NS : Math.min(2 * delayNs, LONGEST_NS);
    againNs = now + delayNs;
    if (!hasLine || now - lineNs >= LINE_NS) { // others may succeed in between, and fail again
      hasLine = true;
      lineNs = now;
      int so = failures;
      logger.log(Level.WARNING, () -> what.get() + (so == 1 ? "" : " (failure " + so + ")"));
    }
    return delayNs;
  }

  /** An attempt has succeeded; the next failure is a first one. */
  public synchronized void overcome() {
    failures = 0;
  }

  /** Whether nothing has failed, or the wait is over. */
  public synchronized boolean isOver() {
    return failures == 0 || nanoTime.getAsLong() - againNs >= 0;
  }
}
