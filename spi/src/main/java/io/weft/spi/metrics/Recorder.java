// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.metrics;

import io.weft.api.LatencySummary;

/** A distribution of durations. Recording is thread-safe, wait-free and allocation-free. */
public interface Recorder {
  /** Records a duration in nanoseconds; negative ones count as 0. */
  void record(long nanos);

  /** A summary of all samples so far. */
  LatencySummary summary();

  /**
   * All samples so far in the compressed V2 encoding of HdrHistogram, in nanoseconds. This form
   * lets reports of several nodes be merged.
   */
  byte[] encoded();
}
