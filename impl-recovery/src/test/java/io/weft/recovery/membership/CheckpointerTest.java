// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.plugin.tck.doubles.StillRuntime;
import io.weft.spi.plugin.ByteSize;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Heartbeats wait for no log. */
final class CheckpointerTest {
  private static final MembershipSettings SETTINGS =
      new MembershipSettings(
          Duration.ofSeconds(5),
          2,
          Duration.ofMillis(100),
          Duration.ZERO,
          false,
          false,
          6,
          7,
          Duration.ofSeconds(1),
          new ByteSize(1 << 20));

  private final Queue<Runnable> lane = new ArrayDeque<>();
  private final CountingRedoLog log = new CountingRedoLog();

  @Test
  void aTickLeavesTheMarkOfACheckpointToTheLane() {
    Serial serial = new Serial(StillRuntime.of(System::nanoTime).with(Runnable::run), _ -> {});
    log.bytes = 1 << 30; // much to forget
    // The cache is asked on the lane only.
    Checkpointer checkpointer = new Checkpointer(() -> 0, null, log, serial, lane::add, SETTINGS);
    checkpointer.tick();
    checkpointer.tick(); // while the first one hangs
    assertEquals(0, log.begun);
    assertEquals(1, lane.size());
  }
}
