// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.ClusterState;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.RecoveryPhase;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ViewReportTest {
  private final StringWriter text = new StringWriter();

  private static View view(long epoch, Map<NodeId, Long> lives, int... ids) {
    List<Member> members =
        IntStream.of(ids).mapToObj(id -> new Member(new NodeId(id), "here", id + 1)).toList();
    return new View(new Epoch(epoch), members, lives);
  }

  private static Optional<RecoveryProgress> progress(long epoch, RecoveryPhase phase) {
    return Optional.of(
        new RecoveryProgress(
            new Epoch(epoch), phase, phase.percent(), 12, Optional.of(5L), 1_000, 7, 3, 2));
  }

  private ViewReport report(boolean json) {
    return new ViewReport(json, new PrintWriter(text), view(1, Map.of(), 0, 1, 2));
  }

  @Test
  void tellsOfEachStepAndEachViewOnce() {
    ViewReport report = report(false);
    View first = view(1, Map.of(), 0, 1, 2);
    View second = view(2, Map.of(), 0, 2);
    for (int i = 0; i < 2; i++) {
      report.look(first, ClusterState.OPERATIONAL, progress(1, RecoveryPhase.COMPLETE));
    }
    for (int i = 0; i < 2; i++) {
      report.look(second, ClusterState.RECOVERING, progress(2, RecoveryPhase.REDO_RECOVERY));
    }
    report.look(second, ClusterState.DEGRADED, progress(2, RecoveryPhase.COMPLETE));
    assertEquals(
        List.of(
            "weft: view 2: redo recovery, 30 % after 12 ms (1000 redo records, 7 blocks reported,"
                + " 2 of 3 recovered)",
            "weft: view 2 is n0 n2, out: n1",
            "weft: view 2: complete, 100 % after 12 ms (1000 redo records, 7 blocks reported, 2 of"
                + " 3 recovered)"),
        text.toString().lines().toList());
  }

  @Test
  void tellsOfANodeThatCameBackInOneView() {
    ViewReport report = report(false);
    View again = view(2, Map.of(new NodeId(1), 77L), 0, 1, 2);
    report.look(again, ClusterState.OPERATIONAL, Optional.empty());
    assertEquals(
        List.of("weft: view 2 is n0 n1 n2, in: n1, out: n1"), text.toString().lines().toList());
  }

  @Test
  void namesWeightsThatAreNotTheDefault() {
    ViewReport report = report(false);
    List<Member> members =
        List.of(new Member(new NodeId(0), "here", 1), new Member(new NodeId(2), "here", 3, 250));
    report.look(new View(new Epoch(2), members), ClusterState.OPERATIONAL, Optional.empty());
    assertEquals(
        List.of("weft: view 2 is n0 n2 (weight 250), out: n1"), text.toString().lines().toList());
  }

  @Test
  void speaksJsonToMachines() {
    ViewReport report = report(true);
    View second = view(2, Map.of(), 0, 2);
    report.look(second, ClusterState.DEGRADED, progress(2, RecoveryPhase.COMPLETE));
    assertEquals(
        List.of(
            "{\"event\":\"recovery\",\"epoch\":2,\"phase\":\"complete\",\"percent\":100,"
                + "\"elapsedMillis\":12,\"remainingMillis\":5,\"redoRecords\":1000,"
                + "\"blocksReported\":7,\"blocksToRecover\":3,\"blocksRecovered\":2}",
            "{\"event\":\"view\",\"epoch\":2,\"state\":\"degraded\",\"members\":[0,2],"
                + "\"weights\":[100,100],\"in\":[],\"out\":[1]}"),
        text.toString().lines().toList());
  }
}
