// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts operations second by second, and remembers in which seconds the cluster was disturbed: by
 * a fault that was not dealt with yet. Thread-safe.
 */
final class Throughput {
  /** Seconds of a window. */
  static final int WINDOW = 5;

  private volatile long startNs;
  private final AtomicLongArray operations;
  private final AtomicLongArray disturbed;

  /** Makes one for so many seconds. */
  Throughput(int seconds) {
    operations = new AtomicLongArray(seconds);
    disturbed = new AtomicLongArray(seconds);
  }

  /** The first second is now. What comes before counts for it, what comes too late for the last. */
  void begin(long nowNs) {
    startNs = nowNs;
  }

  /** Operations have completed. */
  void add(long nowNs, int count) {
    operations.addAndGet(second(nowNs), count);
  }

  /** The cluster is disturbed at this moment. */
  void disturb(long nowNs) {
    disturbed.set(second(nowNs), 1);
  }

  private int second(long nowNs) {
    return Math.clamp((nowNs - startNs) / 1_000_000_000L, 0, operations.length() - 1);
  }

  /** The fewest operations in a second, averaged over a window without a disturbance. */
  OptionalLong fewestPerSecond(long endNs) {
    OptionalLong fewest = OptionalLong.empty();
    // The first and the last second are not whole.
    for (int first = 1; first + WINDOW <= second(endNs); first++) {
      long sum = 0;
      boolean calm = true;
      for (int i = first; i < first + WINDOW; i++) {
        sum += operations.get(i);
        calm &= disturbed.get(i) == 0;
      }
      if (calm) {
        fewest = OptionalLong.of(Math.min(fewest.orElse(Long.MAX_VALUE), sum / WINDOW));
      }
    }
    return fewest;
  }

  /** How many windows {@link #fewestPerSecond} looks at. */
  long calmWindows(long endNs) {
    long windows = 0;
    for (int first = 1; first + WINDOW <= second(endNs); first++) {
      boolean calm = true;
      for (int i = first; i < first + WINDOW; i++) {
        calm &= disturbed.get(i) == 0;
      }
      windows += calm ? 1 : 0;
    }
    return windows;
  }
}
