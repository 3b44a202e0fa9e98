// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.RecoveryPhase;
import io.weft.plugin.workload.shared.Json;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecoveryWatchTest {
  private final RecoveryWatch watch = new RecoveryWatch();

  @Test
  void isSettledWhenAllHaveCompletedAViewOfThemselves() {
    step(0, 5, RecoveryPhase.COMPLETE, 0b111, 10);
    step(2, 5, RecoveryPhase.COMPLETE, 0b111, 11);
    assertFalse(watch.isSettled(List.of(0, 2), List.of(1)), "node 1 is still a member");

    step(0, 6, RecoveryPhase.ELECTING, 0b111, 20);
    step(0, 6, RecoveryPhase.COMPLETE, 0b101, 30);
    assertFalse(watch.isSettled(List.of(0, 2), List.of(1)), "node 2 is behind");
    assertFalse(watch.isRecovering(List.of(0, 2)));

    step(2, 6, RecoveryPhase.REMASTERING, 0b101, 35);
    assertTrue(watch.isRecovering(List.of(0, 2)));
    step(2, 6, RecoveryPhase.COMPLETE, 0b101, 40);
    assertTrue(watch.isSettled(List.of(0, 2), List.of(1)));
    assertFalse(watch.isSettled(List.of(0, 1, 2), List.of()));
  }

  @Test
  void tellsWhenWhatHappened() {
    step(0, 5, RecoveryPhase.COMPLETE, 0b111, 10);
    step(0, 6, RecoveryPhase.DETECTING, 0b111, 2_000_000);
    step(2, 6, RecoveryPhase.DETECTING, 0b111, 3_000_000);
    step(0, 6, RecoveryPhase.COMPLETE, 0b101, 4_000_000);
    step(2, 6, RecoveryPhase.COMPLETE, 0b101, 5_000_000);

    assertEquals(Optional.of(2_000_000L), watch.beganNs(1_000_000));
    assertEquals(Optional.of(5_000_000L), watch.completedNs(1_000_000));
    List<String> lines = watch.since(1_000_000);
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().contains("+1.0 ms") && lines.getFirst().contains("n0"));
    assertTrue(lines.getLast().contains("+4.0 ms") && lines.getLast().contains("n2"));
  }

  private void step(int node, long epoch, RecoveryPhase phase, long members, long atNs) {
    assertTrue(
        watch.enter(
            new NodeEvent(
                node,
                1,
                atNs,
                Json.event(RecoveryWatch.EVENT)
                    .put("epoch", epoch)
                    .put("phase", phase.name())
                    .put("members", members))));
  }
}
