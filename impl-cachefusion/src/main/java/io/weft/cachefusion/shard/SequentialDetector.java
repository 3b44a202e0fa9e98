// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Distinguishes sequential from random misses, and useful from useless prefetching. Keeps a few
 * recent streams, each as a file and the block that would continue it. Owned by a shard.
 *
 * <p>Prefetched blocks of a sequential stream may still be used by another node, or not at all.
 * Therefore prefetching runs in trials: after a number of prefetches the share of used blocks
 * decides whether it continues, or pauses before the next trial. A trial is long enough for its
 * blocks to be used.
 */
final class SequentialDetector {
  /**
   * Prefetch runs in one trial; long enough for the first blocks to be used before the decision.
   */
  static final int TRIAL_RUNS = 64;

  /** Sequential misses without a prefetch after a trial that did not pay off. */
  static final int PAUSE_RUNS = 4_096;

  /** A trial pays off if at least one of this many prefetched blocks is used. */
  static final int WORTHWHILE = 2;

  /** Most streams kept at a time; the oldest is replaced first. */
  private static final int STREAMS = 16;

  private final int window;
  private final LongSupplier requested;
  private final LongSupplier used;
  private final int[] files = new int[STREAMS];
  private final long[] next = new long[STREAMS];
  private int oldest;
  private int runs;
  private int pause;
  private long requestedAtStart;
  private long usedAtStart;

  /**
   * Makes a detector.
   *
   * @param window blocks to fetch ahead, 0 for none
   * @param requested prefetches so far
   * @param used prefetched blocks that were used so far
   */
  SequentialDetector(int window, LongSupplier requested, LongSupplier used) {
    this.window = window;
    this.requested = requested;
    this.used = used;
    Arrays.fill(next, -1);
  }

  /** A block was missed; returns how many of its successors to prefetch. */
  int onMiss(int file, long number) {
    return window > 0 && isSequential(file, number) && isWorthwhile() ? window : 0;
  }

  private boolean isSequential(int file, long number) {
    for (int i = 0; i < STREAMS; i++) {
      if (next[i] >= 0 && files[i] == file && number >= next[i] && number <= next[i] + window) {
        next[i] = number + 1;
        return true;
      }
    }
    files[oldest] = file;
    next[oldest] = number + 1;
    oldest = (oldest + 1) % STREAMS;
    return false;
  }

  private boolean isWorthwhile() {
    if (pause > 0) {
      pause--;
      if (pause == 0) {
        startTrial();
      }
      return false;
    }
    if (++runs > TRIAL_RUNS) {
      long asked = requested.getAsLong() - requestedAtStart;
      long hits = used.getAsLong() - usedAtStart;
      if (hits * WORTHWHILE < asked) {
        pause = PAUSE_RUNS;
        return false;
      }
      startTrial();
    }
    return true;
  }

  private void startTrial() {
    runs = 0;
    requestedAtStart = requested.getAsLong();
    usedAtStart = used.getAsLong();
  }
}
