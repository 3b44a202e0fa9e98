// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Scope;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CacheFusionSettingsTest {
  private static final int SHARDS = 4;
  private static final int ENOUGH = SHARDS * Scope.MAX_LEASES;
  private static final int MANY = 1_000_000;
  private static final LockSettings LOCKS = new LockSettings(1_000, 1_000, Duration.ofSeconds(10));

  private static CacheFusionSettings frames(int frames) {
    Duration second = Duration.ofSeconds(1);
    return new CacheFusionSettings(
        frames, SHARDS, 8, 65_536, 64, 10, second, 3, MANY, second, LOCKS, MasterySettings.OFF);
  }

  @Test
  void shardsWithAFrameForEachLeaseOfAScopeNeedNoAdvice() {
    assertEquals(Optional.empty(), frames(ENOUGH).advice());
  }

  @Test
  void pastImagesAndFreeFramesLeaveRoomForBlocks() {
    Duration second = Duration.ofSeconds(1);
    new CacheFusionSettings(
        ENOUGH, SHARDS, 8, 65_536, 64, 50, second, 40, MANY, second, LOCKS, MasterySettings.OFF);
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new CacheFusionSettings(
                    ENOUGH,
                    SHARDS,
                    8,
                    65_536,
                    64,
                    50,
                    second,
                    41,
                    MANY,
                    second,
                    LOCKS,
                    MasterySettings.OFF));
    assertTrue(
        refused.getMessage().startsWith("past-images = 50 and free-frames = 41 leave 9 %"),
        refused.getMessage());
  }

  @Test
  void adviceAboutFewFramesNamesTheErrorAndWhatWouldDo() {
    String advice = frames(ENOUGH - SHARDS).advice().orElseThrow();
    assertTrue(advice.startsWith("weft.cache-fusion.frames = " + (ENOUGH - SHARDS)), advice);
    assertTrue(advice.contains("SCOPE_FULL"), advice);
    assertTrue(advice.contains("set frames to " + ENOUGH + " or more"), advice);
  }
}
