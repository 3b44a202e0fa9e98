// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Tells sequential misses from random ones, and useful prefetching from useless: a few recent
 * streams, each by file and by the block that would continue it. Owned by a shard.
 *
 * <p>Streams that look sequential may still be read elsewhere, by another node or not at all. So
 * prefetching is on trial: after some prefetches, what came of them decides whether it goes on or
 * pauses before the next trial. Judgement comes late enough for the blocks to have been used.
 */
final class SequentialDetector {
  /** Runs of prefetches between two judgements while prefetching pays. */
  static final int TRIAL_RUNS = 64;

  /** Sequential misses that pass without a prefetch after a bad judgement. */
  static final int PAUSE_RUNS = 4_096;

  /** Of so many prefetched blocks at least one has to be used. */
  static final int WORTHWHILE = 2;

  /** Sequential readers that are told apart at a time; the oldest is forgotten first. */
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

  /** A block was missed; returns how many of its successors are worth fetching. */
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
