// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

/**
 * Settings of {@link ParallelRedoStrategy}.
 *
 * @param threads concurrent recoveries, 1 to {@value #MAX_THREADS}
 */
public record ParallelSettings(int threads) {
  /** Largest value of {@code threads}. */
  public static final int MAX_THREADS = 64;

  /** As in {@code reference.conf}. */
  public static final ParallelSettings DEFAULTS = new ParallelSettings(8);

  /** Checks the range. */
  public ParallelSettings {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "weft.redo-strategy.parallel.threads = " + threads + " is outside 1 to " + MAX_THREADS);
    }
  }
}
