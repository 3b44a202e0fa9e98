// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.FailureDetectorContract;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.FailureDetector.Watch;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The contract, with a fixed silence. */
final class TimeoutFailureDetectorTest extends FailureDetectorContract {
  @Override
  protected FailureDetector detector() {
    return new TimeoutFailureDetector(new TimeoutSettings(Duration.ofSeconds(3)));
  }

  @Test
  void suspicionIsTheSilenceAsAShareOfTheTimeOut() {
    Watch watch = detector().watch(-7_000_000_000L, 100_000_000);
    assertEquals(0, watch.suspicion(-7_000_000_000L));
    assertEquals(0.5, watch.suspicion(-5_500_000_000L));
    assertEquals(1, watch.suspicion(-4_000_000_000L));
    watch.heard(-1);
    assertEquals(1, watch.suspicion(2_999_999_999L));
    assertTrue(watch.suspicion(2_999_999_998L) < 1);
  }

  @Test
  void evidenceNamesTheSilenceAndWhatIsAllowed() {
    Watch watch = detector().watch(0, 100_000_000);
    assertEquals("silent for 3500 ms, limit 3000 ms", watch.evidence(3_500_000_000L));
  }

  @Test
  void settingsNameKeyValueAndRange() {
    for (Duration silence : new Duration[] {Duration.ZERO, Duration.ofHours(2)}) {
      var error = assertThrows(IllegalArgumentException.class, () -> new TimeoutSettings(silence));
      assertTrue(error.getMessage().contains("weft.failure-detector.timeout.silence = "));
    }
  }
}
