// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.chaos.ChaosPlan;
import io.weft.plugin.workload.chaos.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code weft chaos}: node processes work, are killed, paused and restarted, and nothing is lost.
 */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts node processes on this machine and lets them read and change the same blocks, while"
          + " at random nodes are killed, paused, and restarted, or suffer what --faults says, such"
          + " that a quorum stays.",
      "At the end all nodes are killed in mid-work and started again. Everything that any node saw,"
          + " before and after, must fit into one order for each block (linearizability), and every"
          + " change that was acknowledged to this command must be there.",
      "Exit code: 0 nothing was lost and nothing contradicts, 1 otherwise, 2 a mistake on the"
          + " command line."
    })
final class ChaosCommand implements Callable<Integer> {
  private static final int THREADS = 6;
  private static final double MOST_MINUTES = 24 * 60;

  @Mixin private FleetOptions options;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "1",
      description =
          "How long the nodes work, a fraction or more, up to a day (default: ${DEFAULT-VALUE}).")
  private double minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of what is done to the nodes (default: another one each time).")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "3000",
      description =
          "Operations in a second that all nodes together try (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--blocks",
      paramLabel = "N",
      defaultValue = "300",
      description = "How many blocks they share (default: ${DEFAULT-VALUE}).")
  private int blocks;

  @Option(
      names = "--faults",
      paramLabel = "FAULT",
      split = ",",
      converter = FaultConverter.class,
      defaultValue = "kill,pause,leave",
      description = {
        "What is done to the nodes, separated by commas (default: ${DEFAULT-VALUE}):",
        "kill: SIGKILL; pause: SIGSTOP for less or more than a lease; leave: SIGTERM, a planned"
            + " restart; cut: some links of the network carry nothing, in one direction or both,"
            + " for less or more than a lease (needs Linux, root, and 'ip' of iproute2); disk-full:"
            + " no space for a while; eio: I/O errors; power: a machine loses its power, and what"
            + " was not forced; clock: steps of the wall clock, leaps of the boot clock, suspended"
            + " machines."
      })
  private List<Fault> faults = List.of();

  @Option(
      names = "--lease",
      paramLabel = "MS",
      defaultValue = "3000",
      description =
          "Milliseconds of the nodes' leases, by which pauses are measured, too (default:"
              + " ${DEFAULT-VALUE}).")
  private int leaseMillis;

  @Option(
      names = "--break-quorum",
      description =
          "Do nothing else than kill, in the middle of the time, so many nodes that the others have"
              + " no quorum: they must stop, and nothing be lost.")
  private boolean breakQuorum;

  /** For picocli. */
  ChaosCommand() {}

  /** Runs it; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(
        minutes > 0 && minutes <= MOST_MINUTES, "--minutes", minutes, "above 0, up to 1440");
    options.require(rate >= options.nodes(), "--rate", rate, "one for each node or more");
    options.require(blocks >= 2 && blocks <= 100_000, "--blocks", blocks, "2 to 100000");
    options.require(leaseMillis >= 100, "--lease", leaseMillis, "100 or more");
    options.require(options.nodes() >= 2, "--nodes", options.nodes(), "2 or more");
    options.require(
        !faults.contains(Fault.CUT) || options.usesNetwork(),
        "--faults",
        "cut",
        "cut with --transport tcp only, which uses a network");
    return Workloads.chaos(
        options.plan(),
        options.output(),
        new ChaosPlan(
            Duration.ofMillis(Math.round(minutes * 60_000)),
            seed.orElseGet(() -> new SplittableRandom().nextLong(1_000_000)),
            rate,
            blocks,
            options.threads().orElse(THREADS),
            Duration.ofMillis(leaseMillis),
            breakQuorum ? Set.of() : Set.copyOf(faults)));
  }
}
