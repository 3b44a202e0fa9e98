// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.Node;
import io.weft.plugin.workload.affinity.SkewJob;
import io.weft.plugin.workload.affinity.SkewPlan;
import io.weft.plugin.workload.affinity.SkewRun;
import io.weft.plugin.workload.affinity.SkewSettings;
import io.weft.plugin.workload.agent.Agent;
import io.weft.plugin.workload.agent.Job;
import io.weft.plugin.workload.agent.ServedNode;
import io.weft.plugin.workload.chaos.ChaosJob;
import io.weft.plugin.workload.chaos.ChaosPlan;
import io.weft.plugin.workload.chaos.ChaosRun;
import io.weft.plugin.workload.chaos.ChaosSettings;
import io.weft.plugin.workload.demo.DemoJob;
import io.weft.plugin.workload.demo.DemoPlan;
import io.weft.plugin.workload.demo.DemoRun;
import io.weft.plugin.workload.demo.DemoSettings;
import io.weft.plugin.workload.replay.ReplayJob;
import io.weft.plugin.workload.replay.ReplayPlan;
import io.weft.plugin.workload.replay.ReplayRun;
import io.weft.plugin.workload.replay.ReplaySettings;
import io.weft.plugin.workload.run.Output;
import io.weft.plugin.workload.run.RunPlan;
import io.weft.plugin.workload.shared.Clock;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The entry point: runs the commands {@code demo}, {@code chaos}, {@code replay} and {@code
 * affinity} in the parent, and {@code node --agent} in the processes of the nodes. Each call runs
 * to its end on the calling thread.
 */
public final class Workloads {
  private Workloads() {}

  /**
   * Runs transfers and counters on the nodes, and proves that no change was lost.
   *
   * @return the exit code: 0 if that is proved, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int demo(RunPlan run, Output output, DemoPlan plan) {
    return DemoRun.play(run, output, plan);
  }

  /**
   * Runs operations on nodes under faults, and checks their results.
   *
   * @return the exit code: 0 if no change was lost and all results are consistent, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int chaos(RunPlan run, Output output, ChaosPlan plan) {
    return ChaosRun.play(run, output, plan);
  }

  /**
   * Replays a trace on the nodes, and proves that no change was lost and no stale block was read.
   *
   * @return the exit code: 0 if that is proved, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done; before any process starts if the
   *     trace is not usable
   */
  public static int replay(RunPlan run, Output output, ReplayPlan plan) {
    return ReplayRun.play(run, output, plan);
  }

  /**
   * Lets each node use mostly blocks of its own, and shows how masters follow.
   *
   * @return the exit code: 0 if no change was lost, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int affinity(RunPlan run, Output output, SkewPlan plan) {
    return SkewRun.play(run, output, plan);
  }

  /**
   * Serves a parent, one of the above, until it sends quit or has ended. Afterwards the caller
   * closes the node and ends the process. If the parent has ended and closing takes too long, the
   * process is halted.
   *
   * @param node a started node
   * @param in commands
   * @param out events; no other code may write there
   * @return the exit code of the process: 0 after quit
   */
  public static int serve(ServedNode node, InputStream in, PrintStream out) {
    return Agent.run(node, Workloads::job, in, out);
  }

  /** The work of one node, by the name of the command that asks for it. */
  public static Optional<Job> job(
      String name, ObjectNode command, Node node, Consumer<ObjectNode> parent) {
    return switch (name) {
      case "demo" -> Optional.of(new DemoJob(node.cache(), DemoSettings.from(command), parent));
      case "chaos" ->
          Optional.of(
              new ChaosJob(
                  node.cache(), Optional.of(node.locks()), ChaosSettings.from(command), parent));
      case "affinity" ->
          Optional.of(new SkewJob(node.cache(), node.mastery(), SkewSettings.from(command)));
      case "replay" ->
          Optional.of(new ReplayJob(node.cache(), ReplaySettings.from(command), Clock.SYSTEM));
      default -> Optional.empty();
    };
  }
}
