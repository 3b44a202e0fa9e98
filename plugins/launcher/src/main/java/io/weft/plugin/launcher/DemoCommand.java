// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.workload.Workloads;
import io.weft.plugin.workload.demo.DemoPlan;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
final class DemoCommand implements Callable<Integer> {
  private static final int THREADS = 4;

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

  /** For picocli. */
  DemoCommand() {}

  /** Shows it; returns the exit code. */
  @Override
  public Integer call() {
    options.check();
    options.require(seconds >= 1, "--seconds", seconds, "1 or more");
    options.require(accounts >= 1, "--accounts", accounts, "1 or more");
    options.require(counters >= 1 && counters <= 10_000, "--counters", counters, "1 to 10000");
    victim.ifPresent(
        node -> {
          options.require(
              options.nodes() > 1, "--nodes", options.nodes(), "2 or more, to kill one");
          options.require(
              node >= 0 && node < options.nodes(), "--kill", node, "0 to " + (options.nodes() - 1));
        });
    return Workloads.demo(
        options.plan(),
        options.output(),
        new DemoPlan(seconds, accounts, counters, options.threads().orElse(THREADS), victim));
  }
}
