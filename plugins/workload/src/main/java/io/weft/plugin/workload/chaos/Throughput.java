// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts operations per second, and records the seconds in which the cluster was disturbed by a
 * fault. Thread-safe.
 */
final class Throughput {
  /** Seconds of a window. */
  static final int WINDOW = 5;

  private volatile long startNs;
  private final AtomicLongArray operations;
  private final AtomicLongArray disturbed;

  /** Creates a count for {@code seconds} seconds. */
  Throughput(int seconds) {
    operations = new AtomicLongArray(seconds);
    disturbed = new AtomicLongArray(seconds);
  }

  /**
   * Starts the first second. Earlier operations count for the first second, later ones than the end
   * for the last.
   */
  void begin(long nowNs) {
    startNs = nowNs;
  }

  /** Operations have completed. */
  void add(long nowNs, int count) {
    operations.addAndGet(second(nowNs), count);
  }

  /** The cluster is disturbed at this time. */
  void disturb(long nowNs) {
    disturbed.set(second(nowNs), 1);
  }

  private int second(long nowNs) {
    return Math.clamp((nowNs - startNs) / 1_000_000_000L, 0, operations.length() - 1);
  }

  /** Fewest operations per second, averaged over a window without a disturbance. */
  OptionalLong fewestPerSecond(long endNs) {
    OptionalLong fewest = OptionalLong.empty();
    // The first and the last second are incomplete.
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

  /** Number of windows that {@link #fewestPerSecond} uses. */
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
