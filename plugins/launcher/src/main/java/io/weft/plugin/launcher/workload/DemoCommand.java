// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code weft demo}: node processes move money between accounts and count on shared counters, and
 * nothing is lost.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts node processes on this machine, lets them work on the same blocks, and proves the"
          + " result.",
      "All nodes transfer between accounts, each in a block of its own, and increment hot counters."
          + " At the end the sum of all accounts must be what it was, and every counter must equal"
          + " the acknowledged increments: seen by every node, and on disk.",
      "Exit code: 0 proved, 1 not proved or failed, 2 a mistake on the command line."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int THREADS = 4;

  @Spec private CommandSpec spec;

  @Mixin private FleetOptions options;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "10",
      description = "How long the nodes work (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      defaultValue = "12000",
      description = "Number of accounts, 1 or more (default: ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--counters",
      paramLabel = "N",
      defaultValue = "8",
      description = "Number of hot counters, 1 to 10000 (default: ${DEFAULT-VALUE}).")
  private int counters;

  @Option(
      names = "--kill",
      paramLabel = "NODE",
      arity = "0..1",
      fallbackValue = "1",
      description =
          "Kill a node (SIGKILL) after a third of the time, show how the others recover, and start"
              + " it again after two thirds (without a number: node ${FALLBACK-VALUE}).")
  private Optional<Integer> victim = Optional.empty();

  /** Used by picocli. */
  public DemoCommand() {}

  /** Shows it; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(seconds >= 1, "--seconds", seconds, "1 or more");
    options.require(accounts >= 1, "--accounts", accounts, "1 or more");
    options.require(counters >= 1 && counters <= 10_000, "--counters", counters, "1 to 10000");
    var out = spec.commandLine().getOut();
    var err = spec.commandLine().getErr();
    var display = new ProgressDisplay(err, ProgressDisplay.standardErrorIsTerminal(), Clock.SYSTEM);
    victim.ifPresent(
        node -> {
          options.require(
              options.nodes() > 1, "--nodes", options.nodes(), "2 or more, to kill one");
          options.require(
              node >= 0 && node < options.nodes(), "--kill", node, "0 to " + (options.nodes() - 1));
        });
    DemoLedger ledger = new DemoLedger(counters);
    DemoSettings settings =
        new DemoSettings(
            0,
            options.nodes(),
            accounts,
            counters,
            options.threads().orElse(THREADS),
            victim.isPresent(),
            false);
    return Run.of(
        options,
        out,
        err,
        display,
        (_, _, event) -> ledger.enter(event),
        () -> run -> show(run, settings, ledger));
  }

  private int show(Run run, DemoSettings settings, DemoLedger ledger) {
    run.startNodes();
    run.display().begin("opening " + accounts + " accounts");
    run.fleet().tellAll(node -> settings.forNode(node).toCommand());
    run.fleet().await("ready", Fleet.SILENCE, () -> run.display().show(0, ""));
    Optional<DemoKill> drama = victim.map(node -> new DemoKill(run, settings, node, seconds));
    drama.ifPresent(DemoKill::prepare);

    run.display().begin("demo");
    run.fleet().tellAll(_ -> Json.command("start"));
    run.startClock();
    drama.ifPresentOrElse(
        DemoKill::play,
        () ->
            run.fleet()
                .follow(
                    () -> {
                      showWork(run);
                      return run.seconds() >= seconds;
                    }));
    run.fleet().tellAll(_ -> Json.command("stop"));
    List<ObjectNode> results =
        new ArrayList<>(run.fleet().await("done", Fleet.SILENCE, () -> showWork(run)));
    long[] acknowledged = settings.acknowledging() ? ledger.increments() : increments(results);
    long changes = settings.acknowledging() ? ledger.blocks() : Report.sum(results, "blockWrites");
    drama.ifPresent(it -> results.addAll(it.lastWords()));
    Report report =
        new Report("demo: transfers and counters", options.plan(), results, run.seconds());

    run.display().begin("reading through every node");
    List<ObjectNode> audits = run.fleet().ask("audit", "audited", () -> run.display().show(0, ""));
    run.writeBackAndQuit();
    long inFlight = drama.map(DemoKill::inFlight).orElse(0L);
    Violations violations = new Violations();
    DemoProof proof = new DemoProof(accounts, changes, acknowledged, inFlight, violations);
    return prove(run, drama, audits, report, proof, violations);
  }

  private void showWork(Run run) {
    run.showWork(_ -> run.seconds() / seconds, "operations", "requests");
  }

  private long[] increments(List<ObjectNode> results) {
    long[] sums = new long[counters];
    for (ObjectNode result : results) {
      for (int i = 0; i < counters; i++) {
        sums[i] += result.path("increments").path(i).asLong();
      }
    }
    return sums;
  }

  private int prove(
      Run run,
      Optional<DemoKill> drama,
      List<ObjectNode> audits,
      Report report,
      DemoProof proof,
      Violations violations) {
    for (int node = 0; node < audits.size(); node++) {
      proof.compare(finding("node " + node, audits.get(node)));
    }
    DemoProof.Finding disk;
    try (DiskBlocks blocks = run.disk()) {
      disk = DemoProof.onDisk(blocks, accounts, counters, violations);
    }
    proof.compare(disk);

    // The audit continues the count of the work, so it holds both.
    long seenByNodes = Report.sum(audits, "violations");
    ObjectNode json = report.json(seenByNodes + violations.count(), proof.lostUpdates());
    json.put("operations", report.sum("requests"))
        .put("operationsPerSecond", Math.round(report.sum("requests") / report.seconds()))
        .put("accounts", accounts)
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
            accounts,
            disk.sum(),
            proof.expectedSum(),
            proof.changes(),
            proof.increments(),
            proof.lostUpdates(),
            drama.map(DemoKill::verdict).orElse(""),
            json.path("violations").asLong(),
            options.nodes()));
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
