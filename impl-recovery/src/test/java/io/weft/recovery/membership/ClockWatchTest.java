// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** When a clock seems to have stood still. */
final class ClockWatchTest {
  private static final long MS = 1_000_000;

  private final ClockWatch watch = new ClockWatch(150 * MS);

  @Test
  void theFirstLookShowsNothing() {
    assertEquals(0, watch.stoodStillNs(5 * MS, 1_700_000_000_000L));
  }

  @Test
  void clocksThatAgreeShowNothing() {
    watch.stoodStillNs(0, 1_000);
    assertEquals(0, watch.stoodStillNs(100 * MS, 1_100));
    assertEquals(0, watch.stoodStillNs(10_000 * MS, 11_100));
    assertEquals(0, watch.stoodStillNs(10_100 * MS, 11_349));
  }

  @Test
  void aClockThatStoodStillIsBehindTheWall() {
    watch.stoodStillNs(0, 1_000);
    assertEquals(59_900 * MS, watch.stoodStillNs(100 * MS, 61_000));
    assertEquals(0, watch.stoodStillNs(200 * MS, 61_100), "it is told once");
  }

  @Test
  void aClockThatWentBackIsBehindTheWall() {
    watch.stoodStillNs(10_000 * MS, 1_000);
    assertEquals(2_100 * MS, watch.stoodStillNs(8_000 * MS, 1_100));
  }

  @Test
  void aWallClockThatIsSetBackShowsNothing() {
    watch.stoodStillNs(0, 1_700_000_000_000L);
    assertEquals(0, watch.stoodStillNs(100 * MS, 1_000_000_000_000L));
  }
}
