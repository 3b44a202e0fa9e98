// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.timeout;

import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;

/**
 * Settings of {@link TimeoutFailureDetector}, section {@code weft.failure-detector.timeout}.
 *
 * @param silence after which a peer is suspected, 1 ms to 1 h
 */
public record TimeoutSettings(Duration silence) implements DependentSettings {
  /** Longest time that may be set. */
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Checks the range. */
  public TimeoutSettings {
    if (silence.compareTo(Duration.ofMillis(1)) < 0 || silence.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "weft.failure-detector.timeout.silence = "
              + silence.toMillis()
              + " ms is outside 1 ms to 1 h");
    }
  }

  /**
   * Checks that the time is at least two heartbeats, because a healthy node is silent between
   * heartbeats.
   */
  @Override
  public void check(Others others) {
    Duration beat = others.duration("weft.membership.heartbeat").orElse(Duration.ZERO);
    if (silence.compareTo(beat.multipliedBy(2)) < 0) {
      throw new IllegalArgumentException(
          "weft.failure-detector.timeout.silence = "
              + silence.toMillis()
              + " ms is shorter than two of weft.membership.heartbeat = "
              + beat.toMillis()
              + " ms: healthy nodes would be suspected; raise the first or lower the second");
    }
  }
}
