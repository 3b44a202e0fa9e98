// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.WeftException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code weft replay}: replays a block trace on several node processes and proves that nothing was
 * lost and nothing stale was seen.
 */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Replays a block trace on several node processes and proves the result.",
      "The trace is in VMware's vSCSI format. Every block holds a write counter for each node;"
          + " nodes check the counters under each lease, and at the end the counters on disk must"
          + " equal what was acknowledged.",
      "Exit code: 0 proved, 1 not proved or failed, 2 a mistake on the command line."
    })
public final class ReplayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private FleetOptions options;

  @Parameters(index = "0", paramLabel = "FILE", description = "The trace.")
  private Path file;

  @Option(
      names = "--deal",
      paramLabel = "POLICY",
      defaultValue = "round-robin",
      converter = DealConverter.class,
      description =
          "Who gets which request: round-robin, or by-extent (64 neighbouring blocks; default:"
              + " ${DEFAULT-VALUE}).")
  private Deal deal;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "max",
      converter = SpeedConverter.class,
      description =
          "Pace: 1 is as recorded, 60 a minute each second, max as fast as possible (default:"
              + " ${DEFAULT-VALUE}).")
  private double speed;

  @Option(
      names = "--limit",
      paramLabel = "REQUESTS",
      defaultValue = "2147483647",
      description = "Replay only the first requests of the trace.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private int limit;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "128",
      description = "Block accesses under way at a time in each node (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--prefetch",
      description =
          "Announce reads of several blocks before making them: of use where accesses wait for each"
              + " other, as here they do not.")
  private boolean prefetch;

  /** Used by picocli. */
  public ReplayCommand() {}

  /** Replays; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(limit >= 1, "--limit", limit, "1 or more");
    options.require(window >= 1, "--window", window, "1 or more");
    var out = spec.commandLine().getOut();
    var err = spec.commandLine().getErr();
    var display = new ProgressDisplay(err, ProgressDisplay.standardErrorIsTerminal(), Clock.SYSTEM);
    return Run.of(
        options,
        out,
        err,
        display,
        Fleet.Watcher.NONE,
        () -> {
          // Before any process starts, so that a wrong file costs nothing.
          Trace trace = Trace.read(file, limit);
          return run -> replay(run, trace);
        });
  }

  private int replay(Run run, Trace trace) {
    long accesses = trace.accesses();
    long[] blocks = trace.blocks();
    run.display()
        .say(
            String.format(
                Locale.ROOT,
                "weft: %s has %,d requests, %,d accesses to %,d blocks, in %,.0f s",
                file.getFileName(),
                trace.requests(),
                accesses,
                blocks.length,
                trace.micros(trace.requests() - 1) / 1e6));
    run.startNodes();
    ReplaySettings settings =
        new ReplaySettings(
            file.toAbsolutePath(),
            trace.requests(),
            0,
            options.nodes(),
            deal,
            speed,
            options.threads().orElse(options.processorsOfNode()),
            Math.max(1, Math.min(window, options.frames() / 4)),
            prefetch);
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
        new Report("replay of " + file.getFileName(), options.plan(), results, run.seconds());
    run.writeBackAndQuit();
    return prove(run, trace, blocks, results, report);
  }

  private int prove(Run run, Trace trace, long[] blocks, List<ObjectNode> results, Report report) {
    List<WriteCounts> acknowledged = new ArrayList<>();
    for (ObjectNode result : results) {
      acknowledged.add(
          WriteCounts.decoded(Base64.getDecoder().decode(Json.text(result, "acknowledged"))));
    }
    Violations violations = new Violations();
    checkComplete(trace, report, acknowledged, violations);
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
    json.put("deal", deal.toString());
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

  /** Every request was made, and the sums of both ways of counting agree. */
  private static void checkComplete(
      Trace trace, Report report, List<WriteCounts> acknowledged, Violations violations) {
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

  /** Reads a policy. */
  static final class DealConverter implements ITypeConverter<Deal> {
    @Override
    public Deal convert(String value) {
      return converted(() -> Deal.named(value));
    }
  }

  /** Reads a speed. */
  static final class SpeedConverter implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      return converted(() -> Pacer.parse(value));
    }
  }

  private static <T> T converted(java.util.function.Supplier<T> conversion) {
    try {
      return conversion.get();
    } catch (IllegalArgumentException | WeftException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
