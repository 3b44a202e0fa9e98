// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.api.NodeId;
import io.weft.plugin.workload.fleet.FleetPlan;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.RunPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that demo, chaos, replay and affinity share. */
final class FleetOptions {
  private static final int MAX_THREADS = 256;
  private static final int FRAMES = 8_192;

  @Spec(Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Number of node processes, 1 to 1024 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description = "Cached blocks of each node (default: 8192; 1024 in affinity).")
  private Optional<Integer> framesOfNode = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "T",
      description =
          "Working threads of each node, 1 to 256 (default: 4 in a demo and 6 in chaos, where they"
              + " wait for blocks; in a replay, where they do not, the processors divided by the"
              + " nodes).")
  private Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--transport",
      paramLabel = "PLUGIN",
      defaultValue = "tcp",
      description = "What carries the nodes' messages: tcp or shm (default: ${DEFAULT-VALUE}).")
  private String transport;

  @Option(
      names = "--heap",
      paramLabel = "MIB",
      defaultValue = "384",
      description = "Heap of each node in MiB (default: ${DEFAULT-VALUE}).")
  private int heapMiB;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Keep blocks, configurations and logs in this new or empty directory (default: a"
              + " temporary one, deleted at the end).")
  private Optional<Path> data;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "Configuration that all nodes include first.")
  private Optional<Path> config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Further configuration of all nodes; may be repeated.")
  private List<String> settings = List.of();

  @Option(
      names = "--json",
      description = "Print one JSON object as the last line of standard output, and nothing else.")
  private boolean json;

  /** Checks the ranges. */
  void check() {
    require(nodes >= 1 && nodes <= NodeId.MAX + 1, "--nodes", nodes, "1 to " + (NodeId.MAX + 1));
    framesOfNode.ifPresent(frames -> require(frames >= 1, "--frames", frames, "1 or more"));
    int chosen = threads.orElse(1);
    require(chosen >= 1 && chosen <= MAX_THREADS, "--threads", chosen, "1 to " + MAX_THREADS);
    require(heapMiB >= 32, "--heap", heapMiB, "32 or more");
    for (String line : settings) {
      require(line.indexOf('=') > 0, "--set", line, "KEY=VALUE");
    }
  }

  /** Ends the command with a usage error unless {@code right}. */
  void require(boolean right, String option, Object value, String range) {
    if (!right) {
      throw new ParameterException(
          command.commandLine(), option + " is " + value + "; allowed: " + range);
    }
  }

  /** What the options say about the run. */
  RunPlan plan() {
    return plan(FRAMES);
  }

  /** The same for a run with a number of frames of its own, unless the options name one. */
  RunPlan plan(int usualFrames) {
    List<String> all = new ArrayList<>();
    // All nodes share this machine's processors. What the user sets comes later, and so wins.
    all.add("weft.store.file.io-threads = " + processorsOfNode());
    all.addAll(settings);
    FleetPlan fleet =
        new FleetPlan(nodes, framesOfNode.orElse(usualFrames), transport, heapMiB, config, all);
    return new RunPlan(fleet, JvmCommand::forNode, data);
  }

  /** Where the command writes. */
  Output output() {
    return new Output(command.commandLine().getOut(), command.commandLine().getErr(), json);
  }

  /** The share of one node in the processors of this machine, at least 1. */
  int processorsOfNode() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / nodes);
  }

  /** Whether the nodes exchange messages over a network, which can be cut. */
  boolean usesNetwork() {
    return transport.equals("tcp");
  }

  int nodes() {
    return nodes;
  }

  Optional<Integer> threads() {
    return threads;
  }
}
