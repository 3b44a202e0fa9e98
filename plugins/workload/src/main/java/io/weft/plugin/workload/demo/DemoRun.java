// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.run.DiskBlocks;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.Report;
import io.weft.plugin.workload.run.Run;
import io.weft.plugin.workload.run.RunPlan;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A demo, from the start of the nodes to the verdict. Used by one thread. */
public final class DemoRun {
  private final Run run;
  private final DemoPlan plan;
  private final DemoSettings settings;
  private final DemoLedger ledger;

  private DemoRun(Run run, DemoPlan plan, DemoLedger ledger) {
    this.run = run;
    this.plan = plan;
    this.ledger = ledger;
    settings =
        new DemoSettings(
            0,
            run.nodes().nodes(),
            plan.accounts(),
            plan.counters(),
            plan.threads(),
            plan.victim().isPresent(),
            false);
  }

  /**
   * Runs the whole demo.
   *
   * @return the exit code: 0 if it is proved that no change was lost, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int play(RunPlan runPlan, Output output, DemoPlan plan) {
    DemoLedger ledger = new DemoLedger(plan.counters());
    return Run.of(
        runPlan,
        output,
        (_, _, event) -> ledger.enter(event),
        () -> run -> new DemoRun(run, plan, ledger).show());
  }

  private int show() {
    run.startNodes();
    run.display().begin("opening " + plan.accounts() + " accounts");
    run.fleet().tellAll(node -> settings.forNode(node).toCommand());
    run.fleet().await("ready", Fleet.SILENCE, () -> run.display().show(0, ""));
    Optional<NodeKill> drama =
        plan.victim().map(node -> new NodeKill(run, settings, node, plan.seconds()));
    drama.ifPresent(NodeKill::prepare);

    run.display().begin("demo");
    run.fleet().tellAll(_ -> Json.command("start"));
    run.startClock();
    drama.ifPresentOrElse(
        NodeKill::play,
        () ->
            run.fleet()
                .follow(
                    () -> {
                      showWork();
                      return run.seconds() >= plan.seconds();
                    }));
    run.fleet().tellAll(_ -> Json.command("stop"));
    List<ObjectNode> results =
        new ArrayList<>(run.fleet().await("done", Fleet.SILENCE, () -> showWork()));
    long[] acknowledged = settings.acknowledging() ? ledger.increments() : increments(results);
    long changes = settings.acknowledging() ? ledger.blocks() : Report.sum(results, "blockWrites");
    drama.ifPresent(it -> results.addAll(it.lastWords()));
    Report report = new Report("demo: transfers and counters", run.nodes(), results, run.seconds());

    run.display().begin("reading through every node");
    List<ObjectNode> audits = run.fleet().ask("audit", "audited", () -> run.display().show(0, ""));
    run.writeBackAndQuit();
    long inFlight = drama.map(NodeKill::inFlight).orElse(0L);
    Violations violations = new Violations();
    DemoProof proof = new DemoProof(plan.accounts(), changes, acknowledged, inFlight, violations);
    return prove(drama, audits, report, proof, violations);
  }

  private void showWork() {
    run.showWork(_ -> run.seconds() / plan.seconds(), "operations", "requests");
  }

  private long[] increments(List<ObjectNode> results) {
    long[] sums = new long[plan.counters()];
    for (ObjectNode result : results) {
      for (int i = 0; i < plan.counters(); i++) {
        sums[i] += result.path("increments").path(i).asLong();
      }
    }
    return sums;
  }

  private int prove(
      Optional<NodeKill> drama,
      List<ObjectNode> audits,
      Report report,
      DemoProof proof,
      Violations violations) {
    for (int node = 0; node < audits.size(); node++) {
      proof.compare(finding("node " + node, audits.get(node)));
    }
    DemoProof.Finding disk;
    try (DiskBlocks blocks = run.disk()) {
      disk = DemoProof.onDisk(blocks, plan.accounts(), plan.counters(), violations);
    }
    proof.compare(disk);

    // The audit continues the count of the work, so it holds both.
    long seenByNodes = Report.sum(audits, "violations");
    ObjectNode json = report.json(seenByNodes + violations.count(), proof.lostUpdates());
    json.put("operations", report.sum("requests"))
        .put("operationsPerSecond", Math.round(report.sum("requests") / report.seconds()))
        .put("accounts", plan.accounts())
        .put("sum", disk.sum())
        .put("expectedSum", proof.expectedSum())
        .put("increments", proof.increments());
    drama.ifPresent(it -> it.addTo(json.put("lostChanges", proof.lostUpdates()), audits));
    List<String> texts = new ArrayList<>(violations.first());
    for (ObjectNode audit : audits) {
      audit.path("violationTexts").forEach(text -> texts.add(text.asText()));
    }
    return run.conclude(
        report,
        json,
        texts,
        String.format(
            Locale.ROOT,
            "%,d accounts sum to %,d of %,d; of %,d acknowledged changes of blocks (%,d of them"
                + " increments) %,d are missing%s; %,d violations (read through %d nodes, and from"
                + " disk)",
            plan.accounts(),
            disk.sum(),
            proof.expectedSum(),
            proof.changes(),
            proof.increments(),
            proof.lostUpdates(),
            drama.map(NodeKill::verdict).orElse(""),
            json.path("violations").asLong(),
            run.nodes().nodes()));
  }

  private static DemoProof.Finding finding(String reader, ObjectNode audit) {
    List<Long> counts = new ArrayList<>();
    for (JsonNode count : audit.path("counters")) {
      counts.add(count.asLong());
    }
    return new DemoProof.Finding(
        reader, audit.path("sum").asLong(), audit.path("versions").asLong(), counts);
  }
}
