// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.util.Arrays;

/**
 * Tells sequential misses from random ones: a few recent streams, each by file and by the block
 * that would continue it. Owned by a shard.
 */
final class SequentialDetector {
  private static final int STREAMS = 16;

  private final int window;
  private final int[] files = new int[STREAMS];
  private final long[] next = new long[STREAMS];
  private int oldest;

  /**
   * Makes a detector.
   *
   * @param window blocks to fetch ahead, 0 for none
   */
  SequentialDetector(int window) {
    this.window = window;
    Arrays.fill(next, -1);
  }

  /** A block was missed; returns how many of its successors are worth fetching. */
  int onMiss(int file, long number) {
    if (window == 0) {
      return 0;
    }
    for (int i = 0; i < STREAMS; i++) {
      if (next[i] >= 0 && files[i] == file && number >= next[i] && number <= next[i] + window) {
        next[i] = number + 1;
        return window;
      }
    }
    files[oldest] = file;
    next[oldest] = number + 1;
    oldest = (oldest + 1) % STREAMS;
    return 0;
  }
}
