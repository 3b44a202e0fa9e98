// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

import java.time.Duration;

/**
 * Settings of {@link PhiFailureDetector}, section {@code weft.failure-detector.phi}.
 *
 * @param threshold phi at which a peer is suspected, above 0 to 300
 * @param window number of intervals kept, 2 to 10,000
 * @param minDeviation least standard deviation assumed of the intervals, 1 ms to 1 min
 * @param acceptablePause additional silence that is not suspicious, 0 to 1 h
 * @param firstInterval interval assumed before the first one is measured; 0: the announced interval
 */
public record PhiSettings(
    double threshold,
    int window,
    Duration minDeviation,
    Duration acceptablePause,
    Duration firstInterval) {
  /** Checks the ranges. */
  public PhiSettings {
    require(threshold > 0 && threshold <= 300, "threshold", threshold, "above 0 to 300");
    require(window >= 2 && window <= 10_000, "window", window, "2 to 10000");
    require(
        within(minDeviation, Duration.ofMillis(1), Duration.ofMinutes(1)),
        "min-deviation",
        minDeviation.toMillis() + " ms",
        "1 ms to 1 min");
    require(
        within(acceptablePause, Duration.ZERO, Duration.ofHours(1)),
        "acceptable-pause",
        acceptablePause.toMillis() + " ms",
        "0 to 1 h");
    require(
        within(firstInterval, Duration.ZERO, Duration.ofHours(1)),
        "first-interval",
        firstInterval.toMillis() + " ms",
        "0 to 1 h");
  }

  private static boolean within(Duration value, Duration least, Duration most) {
    return value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
  }

  private static void require(boolean holds, String key, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(
          "weft.failure-detector.phi." + key + " = " + value + " is outside " + range);
    }
  }
}
