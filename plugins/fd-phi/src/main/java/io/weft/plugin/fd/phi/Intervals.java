// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

/**
 * The last intervals between heartbeats, with their mean and deviation. Used by one thread at a
 * time.
 *
 * <p>The sums are of differences to the first estimate, in whole microseconds, so that repeated
 * adding and subtracting accumulates no rounding error.
 */
final class Intervals {
  private static final long NS_PER_US = 1_000;

  /**
   * Longest interval counted: 20 s; longer ones count as this. It keeps the sum of squares of the
   * largest window in a long.
   */
  private static final long LONGEST_US = 20_000_000;

  private final long[] differences;
  private final long originUs;
  private int count;
  private int next;
  private long sum;
  private long squares;

  /** Starts with two intervals, a quarter below and above an estimate. */
  Intervals(int window, long estimateNs) {
    differences = new long[window];
    originUs = estimateNs / NS_PER_US;
    put(-originUs / 4);
    put(originUs / 4);
  }

  void add(long intervalNs) {
    put(Math.min(intervalNs / NS_PER_US, LONGEST_US) - originUs);
  }

  private void put(long difference) {
    if (count == differences.length) {
      long oldest = differences[next];
      sum -= oldest;
      squares -= oldest * oldest;
    } else {
      count++;
    }
    differences[next] = difference;
    next = (next + 1) % differences.length;
    sum += difference;
    squares += difference * difference;
  }

  double meanNs() {
    return (originUs + (double) sum / count) * NS_PER_US;
  }

  double deviationNs() {
    double mean = (double) sum / count;
    return Math.sqrt(Math.max(0, (double) squares / count - mean * mean)) * NS_PER_US;
  }
}
