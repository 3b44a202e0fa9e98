// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * A summary of a latency distribution. All times are in microseconds.
 *
 * @param count number of samples
 * @param p50 median
 * @param p99 99th percentile
 * @param p999 99.9th percentile
 * @param max largest sample
 */
public record LatencySummary(long count, double p50, double p99, double p999, double max) {
  /** No samples. */
  public static final LatencySummary EMPTY = new LatencySummary(0, 0, 0, 0, 0);
}
