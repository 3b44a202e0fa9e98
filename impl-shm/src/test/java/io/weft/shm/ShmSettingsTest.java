// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ShmSettingsTest {
  @Test
  void namesKeyValueAndRange() {
    assertEquals(
        "ring-size = 1000000 bytes is not a power of two from 131072 to 67108864",
        refusal(1_000_000, Duration.ofSeconds(1)));
    assertEquals(
        "resume-time = 1 ms is outside 100 ms to 600000 ms",
        refusal(1 << 20, Duration.ofMillis(1)));
  }

  @Test
  void refusesADirectoryThatEachNodeWouldFindElsewhere() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> TestSettings.of(Path.of("shm"), 1 << 20, Duration.ofSeconds(1)));
    assertEquals(
        "directory = shm is relative; name it from the root on, so that all nodes mean the same",
        e.getMessage());
  }

  private static String refusal(int ringBytes, Duration resumeTime) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> TestSettings.of(Path.of("/dev/shm"), ringBytes, resumeTime))
        .getMessage();
  }
}
