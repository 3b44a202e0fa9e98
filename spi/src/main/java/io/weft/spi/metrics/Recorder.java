// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.metrics;

import io.weft.api.LatencySummary;

/** A distribution of durations. Recording is thread-safe, wait-free and allocation-free. */
public interface Recorder {
  /** Records a duration in nanoseconds; negative ones count as 0. */
  void record(long nanos);

  /** All samples so far, in short. */
  LatencySummary summary();

  /**
   * All samples so far in the compressed V2 encoding of HdrHistogram, nanoseconds, so that reports
   * of several nodes can be merged.
   */
  byte[] encoded();
}
