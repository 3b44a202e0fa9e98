// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

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
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** A replay, from the start of the nodes to the verdict. Used by one thread. */
public final class ReplayRun {
  private final Run run;
  private final ReplayPlan plan;
  private final VscsiTrace trace;

  private ReplayRun(Run run, ReplayPlan plan, VscsiTrace trace) {
    this.run = run;
    this.plan = plan;
    this.trace = trace;
  }

  /**
   * Runs the whole replay.
   *
   * @return the exit code: 0 if it is proved that no change was lost and no stale block was read, 1
   *     otherwise
   * @throws io.weft.api.WeftException if it could not be done; before any process starts if the
   *     trace is not usable
   */
  public static int play(RunPlan runPlan, Output output, ReplayPlan plan) {
    return Run.of(
        runPlan,
        output,
        Fleet.Watcher.NONE,
        () -> {
          // Before any process starts, so that a wrong file costs nothing.
          VscsiTrace trace = VscsiTrace.read(plan.file(), plan.limit());
          return run -> new ReplayRun(run, plan, trace).replay();
        });
  }

  private int replay() {
    long accesses = trace.accesses();
    long[] blocks = trace.blocks();
    run.display()
        .say(
            String.format(
                Locale.ROOT,
                "weft: %s has %,d requests, %,d accesses to %,d blocks, in %,.0f s",
                plan.file().getFileName(),
                trace.requests(),
                accesses,
                blocks.length,
                trace.micros(trace.requests() - 1) / 1e6));
    run.startNodes();
    ReplaySettings settings =
        new ReplaySettings(
            plan.file().toAbsolutePath(),
            trace.requests(),
            0,
            run.nodes().nodes(),
            plan.deal(),
            plan.speed(),
            plan.threads(),
            Math.max(1, Math.min(plan.window(), run.nodes().frames() / 4)),
            plan.prefetch());
    run.fleet().tellAll(node -> settings.forNode(node).toCommand());
    run.fleet().await("ready", Fleet.SILENCE, () -> {});
    run.display().begin("replay");
    run.startClock();
    List<ObjectNode> results =
        run.fleet()
            .ask(
                "start",
                "done",
                () ->
                    run.showWork(
                        latest -> (double) accessesOf(latest) / accesses,
                        "blocks",
                        "blockReads",
                        "blockWrites"));
    Report report =
        new Report("replay of " + plan.file().getFileName(), run.nodes(), results, run.seconds());
    run.writeBackAndQuit();
    return prove(blocks, results, report);
  }

  private int prove(long[] blocks, List<ObjectNode> results, Report report) {
    List<WriteCounts> acknowledged = new ArrayList<>();
    for (ObjectNode result : results) {
      acknowledged.add(
          WriteCounts.decoded(Base64.getDecoder().decode(Json.text(result, "acknowledged"))));
    }
    Violations violations = new Violations();
    checkComplete(report, acknowledged, violations);
    ReplayProof proof = new ReplayProof(acknowledged, violations);
    run.display().begin("reading from disk");
    try (DiskBlocks disk = run.disk()) {
      proof.compare(
          disk,
          blocks,
          done -> run.display().show((double) done / blocks.length, done + " blocks"));
    }
    ObjectNode json =
        report.json(report.sum("violations") + violations.count(), proof.lostUpdates());
    json.put("deal", plan.deal().toString());
    List<String> texts = new ArrayList<>(report.violationTexts());
    texts.addAll(violations.first());
    long writes = acknowledged.stream().mapToLong(WriteCounts::total).sum();
    return run.conclude(
        report,
        json,
        texts,
        String.format(
            Locale.ROOT,
            "%,d writes were acknowledged, %,d of them are missing on disk; %,d violations",
            writes,
            proof.lostUpdates(),
            json.path("violations").asLong()));
  }

  /** Checks that every request was executed, and that both counts of writes agree. */
  private void checkComplete(Report report, List<WriteCounts> acknowledged, Violations violations) {
    if (report.sum("requests") != trace.requests()
        || report.sum("blockReads") + report.sum("blockWrites") != trace.accesses()) {
      violations.add(
          String.format(
              Locale.ROOT,
              "only %d of %d requests and %d of %d accesses were made",
              report.sum("requests"),
              trace.requests(),
              report.sum("blockReads") + report.sum("blockWrites"),
              trace.accesses()));
    }
    long writes = acknowledged.stream().mapToLong(WriteCounts::total).sum();
    if (writes != report.sum("blockWrites")) {
      violations.add(
          String.format(
              Locale.ROOT,
              "%d writes were acknowledged block by block, %d in all",
              writes,
              report.sum("blockWrites")));
    }
  }

  private static long accessesOf(List<ObjectNode> events) {
    return Report.sum(events, "blockReads") + Report.sum(events, "blockWrites");
  }
}
