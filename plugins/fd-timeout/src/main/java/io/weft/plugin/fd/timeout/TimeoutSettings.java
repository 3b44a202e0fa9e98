// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.timeout;

import java.time.Duration;

/**
 * Settings of {@link TimeoutFailureDetector}, section {@code weft.failure-detector.timeout}.
 *
 * @param silence after which a peer is suspected, 1 ms to 1 h
 */
public record TimeoutSettings(Duration silence) {
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
}
