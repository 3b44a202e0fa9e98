// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Ranges of the settings. */
final class JvmRuntimeSettingsTest {
  @Test
  void acceptsTheEndsOfEveryRange() {
    assertEquals(1, new JvmRuntimeSettings(Duration.ZERO, 1, 1, 1).blockingThreads());
    assertEquals(
        256, new JvmRuntimeSettings(Duration.ofMillis(1), 256, 1 << 20, 256).blockingThreads());
  }

  @Test
  void namesKeyValueAndRangeOfWhatItRefuses() {
    assertRefused("spin = PT-0.000000001S is outside 0 to 1 ms", Duration.ofNanos(-1), 1, 1);
    assertRefused("spin = PT0.002S is outside 0 to 1 ms", Duration.ofMillis(2), 1, 1);
    assertRefused("blocking-threads = 0 is outside 1 to 256", Duration.ZERO, 0, 1);
    assertRefused("blocking-threads = 257 is outside 1 to 256", Duration.ZERO, 257, 1);
    assertRefused("blocking-queue = 0 is outside 1 to 1048576", Duration.ZERO, 1, 0);
    assertRefused("worker-threads = 0 is outside 1 to 256", Duration.ZERO, 1, 1, 0);
  }

  private static void assertRefused(String expected, Duration spin, int threads, int queue) {
    assertRefused(expected, spin, threads, queue, 1);
  }

  private static void assertRefused(
      String expected, Duration spin, int threads, int queue, int workers) {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new JvmRuntimeSettings(spin, threads, queue, workers));
    assertTrue(error.getMessage().contains("weft.runtime.jvm." + expected), error.getMessage());
  }
}
