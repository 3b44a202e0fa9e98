// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.affinity.SkewPlan;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code weft affinity}: shows how masters follow the work of the nodes. */
@Command(
    name = "affinity",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts node processes, each of which uses mostly blocks of its own, and shows over time how"
          + " many requests go to a master on another node.",
      "Only requests that a node's cache cannot serve go to a master, so the cache must be smaller"
          + " than what a node uses: by default --frames 1024 against 128 extents of 64 blocks."
          + " Compare with --set weft.cache-fusion.mastery.auto-remaster=false.",
      "Exit code: 0 no change was lost, 1 lost or failed, 2 a mistake on the command line."
    })
final class AffinityCommand implements Callable<Integer> {
  private static final int THREADS = 4;
  private static final int FRAMES = 1_024;

  @Mixin private FleetOptions options;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "60",
      description = "How long the nodes work (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--extents",
      paramLabel = "N",
      defaultValue = "128",
      description =
          "Extents of 64 blocks that each node uses most, 1 to 10000 (default: ${DEFAULT-VALUE}).")
  private int extents;

  @Option(
      names = "--own",
      paramLabel = "PERCENT",
      defaultValue = "95",
      description =
          "Share of the accesses that go to them, 0 to 100; the others go to any block (default:"
              + " ${DEFAULT-VALUE}).")
  private int own;

  @Option(
      names = "--writes",
      paramLabel = "PERCENT",
      defaultValue = "10",
      description =
          "Share of the accesses that change a block, 0 to 100 (default: ${DEFAULT-VALUE}).")
  private int writes;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw the run over time into this SVG file.")
  private Optional<Path> plot = Optional.empty();

  /** For picocli. */
  AffinityCommand() {}

  /** Runs it; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(seconds >= 1, "--seconds", seconds, "1 or more");
    options.require(extents >= 1 && extents <= 10_000, "--extents", extents, "1 to 10000");
    options.require(own >= 0 && own <= 100, "--own", own, "0 to 100");
    options.require(writes >= 0 && writes <= 100, "--writes", writes, "0 to 100");
    return Workloads.affinity(
        options.plan(FRAMES),
        options.output(),
        new SkewPlan(seconds, extents, own, writes, options.threads().orElse(THREADS), plot));
  }
}
