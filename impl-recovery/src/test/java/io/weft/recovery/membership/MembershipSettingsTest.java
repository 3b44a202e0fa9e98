// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Limits of the membership that depend on other settings. */
final class MembershipSettingsTest {
  private final List<String> cautions = new ArrayList<>();

  private DependentSettings.Others others(Duration formTimeout) {
    return new DependentSettings.Others() {
      @Override
      public Optional<ByteSize> size(String key) {
        throw new AssertionError(key);
      }

      @Override
      public Optional<Duration> duration(String key) {
        assertEquals("weft.form-timeout", key);
        return Optional.of(formTimeout);
      }

      @Override
      public void caution(String message) {
        cautions.add(message);
      }
    };
  }

  private void membership(Duration lease, Duration formWait, Duration formTimeout) {
    new MembershipSettings(
            lease,
            5,
            Duration.ofMillis(10),
            formWait,
            true,
            false,
            6,
            7,
            Duration.ofSeconds(10),
            new ByteSize(1 << 20))
        .check(others(formTimeout));
  }

  @Test
  void aNodeMustNotGiveUpBeforeItMayForm() {
    Duration time = Duration.ofSeconds(5);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> membership(Duration.ofSeconds(1), time, time));
    assertTrue(e.getMessage().contains("weft.form-timeout = 5000 ms"), e.getMessage());
  }

  @Test
  void aLeaseThatANewNodeCannotWaitForIsACaution() {
    membership(Duration.ofMillis(58_000), Duration.ZERO, Duration.ofSeconds(60));
    assertTrue(cautions.getFirst().startsWith("weft.membership.lease = 58000 ms"));
    cautions.clear();
    membership(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(60));
    assertEquals(List.of(), cautions);
  }
}
