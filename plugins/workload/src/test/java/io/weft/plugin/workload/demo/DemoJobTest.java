// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.FakeCluster;
import io.weft.plugin.workload.FakeCluster.Fault;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class DemoJobTest {
  private static final int NODES = 3;
  private static final int ACCOUNTS = 40;
  private static final int COUNTERS = 2;
  private static final long LEASES = 20_000;

  @Test
  void keepsTheSumAndCountsEveryIncrement() {
    Violations violations = run(new FakeCluster());

    assertEquals(0, violations.count(), violations.first().toString());
  }

  @Test
  void findsALostWrite() {
    Violations violations = run(new FakeCluster(Fault.LOSE_WRITE, 3 * ACCOUNTS));

    assertTrue(violations.count() > 0);
  }

  @Test
  void findsATornImage() {
    Violations violations = run(new FakeCluster(Fault.TORN_IMAGE, 3 * ACCOUNTS));

    assertTrue(violations.count() > 0);
  }

  @Test
  void goesOnWhenItIsRefusedForTheMoment() {
    Violations violations = run(new FakeCluster(Fault.REFUSE, 1));

    assertEquals(0, violations.count(), violations.first().toString());
  }

  /** Lets three nodes work for a while, audits through each and on disk; all that was wrong. */
  private static Violations run(FakeCluster cluster) {
    try (cluster) {
      DemoLedger ledger = new DemoLedger(COUNTERS);
      List<DemoJob> jobs = new ArrayList<>();
      for (int node = 0; node < NODES; node++) {
        jobs.add(
            new DemoJob(
                cluster.cache(),
                new DemoSettings(node, NODES, ACCOUNTS, COUNTERS, 2, true, false),
                ledger::enter));
      }
      CompletableFuture<?>[] running = new CompletableFuture<?>[NODES];
      jobs.forEach(DemoJob::prepare);
      for (int node = 0; node < NODES; node++) {
        running[node] = CompletableFuture.runAsync(jobs.get(node)::run, cluster.nodes());
      }
      while ((cluster.leases() < LEASES || !jobs.stream().allMatch(DemoJobTest::hasWorked))
          && !CompletableFuture.allOf(running).isDone()) {
        Thread.onSpinWait();
      }
      jobs.forEach(DemoJob::stop);
      CompletableFuture.allOf(running).join();
      return audit(cluster, jobs, ledger);
    }
  }

  private static boolean hasWorked(DemoJob job) {
    ObjectNode progress = Json.object();
    job.progress(progress);
    return progress.path("requests").asLong() > 0;
  }

  private static Violations audit(FakeCluster cluster, List<DemoJob> jobs, DemoLedger ledger) {
    Violations violations = new Violations();
    long changes = 0;
    long[] acknowledged = new long[COUNTERS];
    for (DemoJob job : jobs) {
      ObjectNode result = Json.object();
      job.result(result);
      changes += result.path("blockWrites").asLong();
      for (int i = 0; i < COUNTERS; i++) {
        acknowledged[i] += result.path("increments").path(i).asLong();
      }
      result.path("violationTexts").forEach(text -> violations.add(text.asText()));
      assertTrue(result.path("requests").asLong() > 0);
    }
    assertEquals(changes, ledger.blocks(), "the parent is told of every change");
    assertArrayEquals(acknowledged, ledger.increments());
    DemoProof proof = new DemoProof(ACCOUNTS, changes, acknowledged, 0, violations);
    proof.compare(DemoProof.onDisk(cluster, ACCOUNTS, COUNTERS, violations));
    proof.compare(throughNode(jobs.getFirst()));
    return violations;
  }

  private static DemoProof.Finding throughNode(DemoJob job) {
    ObjectNode audit = Json.object();
    job.audit(audit);
    List<Long> counters = new ArrayList<>();
    audit.path("counters").forEach(count -> counters.add(count.asLong()));
    return new DemoProof.Finding(
        "a node", audit.path("sum").asLong(), audit.path("versions").asLong(), counters);
  }
}
