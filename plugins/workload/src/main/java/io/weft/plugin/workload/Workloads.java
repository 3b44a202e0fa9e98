// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
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
 * The way in: what the commands {@code demo}, {@code chaos} and {@code replay} do in the parent,
 * and what {@code node --agent} does in the processes of the nodes. Each call lasts until all is
 * done, on the calling thread.
 */
public final class Workloads {
  private Workloads() {}

  /**
   * Lets nodes transfer and count, and proves that nothing was lost.
   *
   * @return the exit code: 0 if that is proved, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int demo(RunPlan run, Output output, DemoPlan plan) {
    return DemoRun.play(run, output, plan);
  }

  /**
   * Lets nodes work and fail, and judges what they saw.
   *
   * @return the exit code: 0 if nothing was lost and nothing contradicts, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done
   */
  public static int chaos(RunPlan run, Output output, ChaosPlan plan) {
    return ChaosRun.play(run, output, plan);
  }

  /**
   * Lets nodes replay a trace, and proves that nothing was lost and nothing stale was seen.
   *
   * @return the exit code: 0 if that is proved, 1 otherwise
   * @throws io.weft.api.WeftException if it could not be done; before any process starts if the
   *     trace is no good
   */
  public static int replay(RunPlan run, Output output, ReplayPlan plan) {
    return ReplayRun.play(run, output, plan);
  }

  /**
   * Serves a parent, one of the above, until it says quit or is gone. Afterwards the caller closes
   * the node and ends the process; if the parent is gone and that takes too long, the process is
   * halted.
   *
   * @param node a started node
   * @param in commands
   * @param out events; nobody else may write there
   * @return the exit code of the process: 0 after quit
   */
  public static int serve(ServedNode node, InputStream in, PrintStream out) {
    return Agent.run(node, Workloads::job, in, out);
  }

  /** The work of one node, by the name of the command that asks for it. */
  public static Optional<Job> job(
      String name, ObjectNode command, BlockCache cache, Consumer<ObjectNode> parent) {
    return switch (name) {
      case "demo" -> Optional.of(new DemoJob(cache, DemoSettings.from(command), parent));
      case "chaos" -> Optional.of(new ChaosJob(cache, ChaosSettings.from(command), parent));
      case "replay" ->
          Optional.of(new ReplayJob(cache, ReplaySettings.from(command), Clock.SYSTEM));
      default -> Optional.empty();
    };
  }
}
