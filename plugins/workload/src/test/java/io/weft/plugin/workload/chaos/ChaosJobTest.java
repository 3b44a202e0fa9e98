// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.FakeCluster;
import io.weft.plugin.workload.FakeCluster.Fault;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ChaosJobTest {
  private static final int NODES = 3;
  private static final int BLOCKS = 8;
  private static final int RATE = 10_000;
  private static final long OPERATIONS = 3_000;

  private final RunHistory history = new RunHistory(BLOCKS);

  @Test
  void whatAWorkingClusterDoesIsLinearizable() {
    Violations violations = run(new FakeCluster());

    assertEquals(0, violations.count(), violations.first().toString());
  }

  @Test
  void findsALostWrite() {
    assertTrue(run(new FakeCluster(Fault.LOSE_WRITE, 200)).count() > 0);
  }

  @Test
  void findsStaleReads() {
    assertTrue(run(new FakeCluster(Fault.STALE_IMAGE, 200)).count() > 0);
  }

  @Test
  void findsATornImage() {
    assertTrue(run(new FakeCluster(Fault.TORN_IMAGE, 200)).count() > 0);
  }

  @Test
  void anOutcomeThatNobodyKnowsStaysOpen() {
    Violations violations = run(new FakeCluster(Fault.FAIL_COMMIT, 200));

    assertEquals(0, violations.count(), violations.first().toString());
    assertTrue(history.open() > 0);
  }

  @Test
  void whatWasRefusedHasNotHappened() {
    Violations violations = run(new FakeCluster(Fault.REFUSE, 1));

    assertEquals(0, violations.count(), violations.first().toString());
    assertEquals(0, history.open());
  }

  private Violations run(FakeCluster cluster) {
    try (cluster) {
      List<ChaosJob> jobs = new ArrayList<>();
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        int node = i;
        ChaosJob job =
            new ChaosJob(
                cluster.cache(),
                Optional.empty(),
                new ChaosSettings(node + 1, BLOCKS, 2, RATE, 1),
                event -> history.enter(node, 1, event));
        jobs.add(job);
        // A commit that fails ends the work of one node.
        running.add(CompletableFuture.runAsync(job::run, cluster.nodes()).exceptionally(_ -> null));
      }
      while (history.operations() < OPERATIONS
          && !running.stream().allMatch(CompletableFuture::isDone)) {
        Thread.onSpinWait();
      }
      jobs.forEach(ChaosJob::stop);
      running.forEach(CompletableFuture::join);
      for (int node = 0; node < NODES; node++) {
        history.ended(node, 1);
      }
      ObjectNode audit = Json.object();
      jobs.getFirst().audit(audit);
      Violations violations = new Violations();
      jobs.forEach(
          job -> {
            ObjectNode result = Json.object();
            job.result(result);
            result.path("violationTexts").forEach(text -> violations.add(text.asText()));
          });
      history.judge(violations);
      return violations;
    }
  }
}
