// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.Report;
import io.weft.plugin.workload.run.Run;
import io.weft.plugin.workload.run.RunPlan;
import io.weft.plugin.workload.shared.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A run of {@code weft affinity}, from the start of the nodes to the verdict. Used by one thread.
 */
public final class SkewRun {
  /** Time between two samples, in seconds; the nodes report their progress once a second. */
  private static final double SAMPLE_SECONDS = 2;

  private final Run run;
  private final SkewPlan plan;
  private final SkewSettings settings;
  private final List<SkewSample> samples = new ArrayList<>();

  private SkewRun(Run run, SkewPlan plan) {
    this.run = run;
    this.plan = plan;
    this.settings =
        new SkewSettings(
            0, run.nodes().nodes(), plan.extents(), plan.own(), plan.writes(), plan.threads());
  }

  /**
   * Runs it.
   *
   * @return the exit code: 0 if no change was lost, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int play(RunPlan runPlan, Output output, SkewPlan plan) {
    return Run.of(runPlan, output, Fleet.Watcher.NONE, () -> run -> new SkewRun(run, plan).go());
  }

  private int go() {
    run.startNodes();
    run.fleet().tellAll(settings::toCommand);
    run.fleet().await("ready", Fleet.SILENCE, () -> run.display().show(0, ""));
    run.display().begin("affinity");
    samples.add(new SkewSample(0, 0, 0, 0, 0));
    run.fleet().tellAll(_ -> Json.command("start"));
    run.startClock();
    run.fleet()
        .follow(
            () -> {
              sample();
              run.showWork(_ -> run.seconds() / plan.seconds(), "operations", "requests");
              return run.seconds() >= plan.seconds();
            });
    double seconds = run.seconds();
    run.fleet().tellAll(_ -> Json.command("stop"));
    List<ObjectNode> results =
        run.fleet().await("done", Fleet.SILENCE, () -> run.display().show(1, ""));
    Report report = new Report("affinity: own thirds", run.nodes(), results, seconds);
    run.display().begin("reading through every node");
    List<ObjectNode> audits = run.fleet().ask("audit", "audited", () -> run.display().show(0, ""));
    run.writeBackAndQuit();
    return conclude(report, results, audits);
  }

  private void sample() {
    double now = run.seconds();
    if (now - samples.getLast().seconds() >= SAMPLE_SECONDS) {
      samples.add(SkewSample.of(now, run.fleet().latest()));
    }
  }

  private int conclude(Report report, List<ObjectNode> results, List<ObjectNode> audits) {
    long expected = report.sum("blockWrites");
    long lost =
        audits.stream()
            .mapToLong(each -> Math.abs(expected - each.path("sum").asLong()))
            .max()
            .orElse(0);
    ObjectNode json = report.json(Report.sum(audits, "violations"), lost);
    double longestMs = longest(results, "longestMoveNs");
    double meanMs =
        results.stream()
                .mapToDouble(
                    each -> each.path("meanMoveNs").asDouble() * each.path("movesOut").asDouble())
                .sum()
            / Math.max(1, report.sum("movesOut"))
            / 1e6;
    json.put("moves", report.sum("movesOut"))
        .put("movesRefused", report.sum("movesRefused"))
        .put("longestMoveMillis", longestMs)
        .put("meanMoveMillis", meanMs);
    ArrayNode series = json.putArray("series");
    for (int i = 1; i < samples.size(); i++) {
      SkewSample each = samples.get(i);
      SkewSample before = samples.get(i - 1);
      series
          .addObject()
          .put("seconds", each.seconds())
          .put("remotePercent", each.remotePercent(before))
          .put("operationsPerSecond", each.operationsPerSecond(before))
          .put("moves", each.moves());
    }
    plan.plot().ifPresent(this::draw);
    return run.conclude(
        table(report, longestMs, meanMs),
        json,
        report.violationTexts(),
        String.format(
            Locale.ROOT,
            "%,d acknowledged increments, at most %,d of them missing when read through each of %d"
                + " nodes",
            expected,
            lost,
            run.nodes().nodes()));
  }

  private static double longest(List<ObjectNode> results, String field) {
    return results.stream().mapToLong(each -> each.path(field).asLong()).max().orElse(0) / 1e6;
  }

  private String table(Report report, double longestMs, double meanMs) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%d nodes, %d extents each, %d %% of the accesses to the own ones, %d %% changes%n%n",
            run.nodes().nodes(),
            plan.extents(),
            plan.own(),
            plan.writes()));
    text.append("     s   remote %   accesses/s   moves\n");
    for (int i = 1; i < samples.size(); i++) {
      SkewSample each = samples.get(i);
      text.append(
          String.format(
              Locale.ROOT,
              "%6.0f   %8.1f   %,10.0f   %,5d%n",
              each.seconds(),
              each.remotePercent(samples.get(i - 1)),
              each.operationsPerSecond(samples.get(i - 1)),
              each.moves()));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%n%,d buckets moved, %,d moves refused and tried again; mean %.2f ms, longest %.2f ms"
                + " from order to service%n",
            report.sum("movesOut"),
            report.sum("movesRefused"),
            meanMs,
            longestMs));
    return text.toString();
  }

  private void draw(Path file) {
    try {
      Files.writeString(file, SkewPlot.svg(samples));
    } catch (IOException e) {
      run.display().say("weft: --plot " + file + " cannot be written: " + e.getMessage());
    }
  }
}
