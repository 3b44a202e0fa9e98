// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.timeout;

import io.weft.spi.membership.FailureDetector;
import jakarta.inject.Inject;
import java.util.Locale;

/**
 * Suspects a peer that has been silent for a fixed time. The suspicion is the silence divided by
 * that time. Stateless.
 */
public final class TimeoutFailureDetector implements FailureDetector {
  private final double silenceNs;

  /** Creates a detector. */
  @Inject
  public TimeoutFailureDetector(TimeoutSettings settings) {
    this.silenceNs = settings.silence().toNanos();
  }

  @Override
  public String name() {
    return "timeout";
  }

  @Override
  public Watch watch(long nowNs, long intervalNs) {
    return new Watch() {
      private long heardNs = nowNs;

      @Override
      public void heard(long now) {
        heardNs = now;
      }

      @Override
      public double suspicion(long now) {
        return (now - heardNs) / silenceNs;
      }

      @Override
      public String evidence(long now) {
        return String.format(
            Locale.ROOT,
            "silent for %.0f ms, limit %.0f ms",
            (now - heardNs) / 1e6,
            silenceNs / 1e6);
      }
    };
  }
}
