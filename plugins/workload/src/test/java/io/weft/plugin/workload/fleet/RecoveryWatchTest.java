// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.NodeSet;
import io.weft.api.RecoveryPhase;
import io.weft.plugin.workload.shared.Json;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecoveryWatchTest {
  private static final NodeSet ALL = NodeSet.of(0, 1, 2);
  private static final NodeSet WITHOUT_1 = NodeSet.of(0, 2);

  private final RecoveryWatch watch = new RecoveryWatch();

  @Test
  void isSettledWhenAllHaveCompletedAViewOfThemselves() {
    step(0, 5, RecoveryPhase.COMPLETE, ALL, 10);
    step(2, 5, RecoveryPhase.COMPLETE, ALL, 11);
    assertFalse(watch.isSettled(List.of(0, 2), List.of(1)), "node 1 is still a member");

    step(0, 6, RecoveryPhase.ELECTING, ALL, 20);
    step(0, 6, RecoveryPhase.COMPLETE, WITHOUT_1, 30);
    assertFalse(watch.isSettled(List.of(0, 2), List.of(1)), "node 2 is behind");
    assertFalse(watch.isRecovering(List.of(0, 2)));

    step(2, 6, RecoveryPhase.REMASTERING, WITHOUT_1, 35);
    assertTrue(watch.isRecovering(List.of(0, 2)));
    step(2, 6, RecoveryPhase.COMPLETE, WITHOUT_1, 40);
    assertTrue(watch.isSettled(List.of(0, 2), List.of(1)));
    assertFalse(watch.isSettled(List.of(0, 1, 2), List.of()));
  }

  @Test
  void tellsWhenWhatHappened() {
    step(0, 5, RecoveryPhase.COMPLETE, ALL, 10);
    step(0, 6, RecoveryPhase.DETECTING, ALL, 2_000_000);
    step(2, 6, RecoveryPhase.DETECTING, ALL, 3_000_000);
    step(0, 6, RecoveryPhase.COMPLETE, WITHOUT_1, 4_000_000);
    step(2, 6, RecoveryPhase.COMPLETE, WITHOUT_1, 5_000_000);

    assertEquals(Optional.of(2_000_000L), watch.beganNs(1_000_000));
    assertEquals(Optional.of(5_000_000L), watch.completedNs(1_000_000));
    List<String> lines = watch.since(1_000_000);
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().contains("+1.0 ms") && lines.getFirst().contains("n0"));
    assertTrue(lines.getLast().contains("+4.0 ms") && lines.getLast().contains("n2"));
  }

  private void step(int node, long epoch, RecoveryPhase phase, NodeSet members, long atNs) {
    ObjectNode event =
        Json.event(RecoveryWatch.EVENT).put("epoch", epoch).put("phase", phase.name());
    event.set("members", Json.nodes(members));
    assertTrue(watch.enter(new NodeEvent(node, 1, atNs, event)));
  }
}
