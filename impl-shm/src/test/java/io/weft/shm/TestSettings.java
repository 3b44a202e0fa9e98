// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.plugin.ByteSize;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of transports in tests. */
final class TestSettings {
  private TestSettings() {}

  static ShmSettings of(Path directory, int ringBytes, Duration resumeTime) {
    return new ShmSettings(
        directory.toString(),
        new ByteSize(ringBytes),
        ShmSettings.Waiting.PARK,
        Duration.ofNanos(20_000),
        Duration.ofMillis(1),
        resumeTime,
        Duration.ofSeconds(30),
        Duration.ofSeconds(10));
  }
}
