// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Holders;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** The end of a run: all nodes give up all that they hold, and nothing may be left. */
public final class Draining {
  private final Simulation simulation;
  private final SimOptions options;
  private final Nodes nodes;
  private final SimNetwork network;
  private final Holders holders;
  private final Invariants invariants;
  private final ClusterSteps steps;
  private final Set<SimNode> drained = new HashSet<>();
  private boolean cutShort;

  public Draining(
      Simulation simulation,
      SimOptions options,
      Nodes nodes,
      SimNetwork network,
      Holders holders,
      Invariants invariants,
      ClusterSteps steps) {
    this.simulation = simulation;
    this.options = options;
    this.nodes = nodes;
    this.network = network;
    this.holders = holders;
    this.invariants = invariants;
    this.steps = steps;
  }

  /**
   * Lets all nodes give up what they hold.
   *
   * @return whether they did; false if one has failed meanwhile
   */
  public boolean drain() {
    drained.clear();
    cutShort = false;
    List<SimNode> draining = nodes.all();
    for (SimNode each : draining) {
      simulation.schedule(
          options.workload().think(),
          each.process(),
          () -> {
            simulation.record(Trace.What.DRAIN, each.process(), 0, 0);
            each.cache().drain().whenComplete((nothing, error) -> onDrained(each, error));
          });
    }
    long deadline = simulation.now() + ClusterSteps.LIVENESS_LIMIT_NS;
    while (!draining.stream().allMatch(each -> each.process().isDead() || drained.contains(each))) {
      if (simulation.now() > deadline) {
        throw steps.notGranted("draining does not end");
      }
      steps.step();
    }
    cutShort |= draining.stream().anyMatch(each -> each.process().isDead());
    while (network.payloadsOut() > 0 && simulation.now() <= deadline && !simulation.isIdle()) {
      steps.step();
    }
    return !cutShort;
  }

  private void onDrained(SimNode node, Throwable error) {
    simulation.record(Trace.What.DRAIN, node.process(), 1, 0);
    drained.add(node);
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    if (cause instanceof WeftException known && known.code() == CoreErrors.NODE_STOPPED) {
      cutShort = true; // whether the node may stop has been judged when it did
    } else if (error != null) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, node + " cannot drain: " + error, error));
    }
  }

  /** Checks that nothing is left. */
  public void check() {
    invariants.checkDrained();
    if (network.payloadsOut() > 0) {
      simulation.violate(Invariant.DRAINED, network.payloadsOut() + " payloads are not given back");
    }
    if (holders.leases() > 0) {
      simulation.violate(Invariant.DRAINED, holders.leases() + " leases are not given back");
    }
    nodes.all().forEach(this::check);
    simulation.check();
  }

  private void check(SimNode node) {
    if (node.cache().waitingCallers() > 0) {
      simulation.violate(Invariant.DRAINED, node + " still counts callers that wait");
    }
    var statistics = node.cache().statistics();
    if (statistics.framesFree() != statistics.frames()) {
      simulation.violate(
          Invariant.DRAINED,
          node + " has " + statistics.framesFree() + " free frames of " + statistics.frames());
    }
  }
}
