// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.CoreErrors;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.sim.membership.Driver;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.LogHistory;
import io.weft.plugin.sim.node.NodeFactory;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.Reachability;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.node.SimStorage;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.redo.RedoErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Starts nodes, and ends their processes: because they fail, leave as planned or are killed. Those
 * that want to hear of it are told in the order in which they have asked.
 */
public final class NodeLifecycle implements NodeFactory.Owner, Driver.Host {
  private final Simulation simulation;
  private final SimOptions options;
  private final NodeFactory factory;
  private final Nodes nodes;
  private final SimNetwork network;
  private final SimStorage storage;
  private final LogHistory logs;
  private final Reachability reachability;
  private final Mistakes mistakes;
  private final List<Consumer<SimProcess>> onStart = new ArrayList<>();
  private final List<Consumer<SimNode>> onServe = new ArrayList<>();
  private final List<Consumer<SimNode>> onFailure = new ArrayList<>();
  private final List<Consumer<SimProcess>> onEnd = new ArrayList<>();
  private Driver membership;

  /** Starts nodes on these devices; {@link #drive} comes before the first start. */
  public NodeLifecycle(
      Simulation simulation,
      SimOptions options,
      NodeFactory factory,
      Nodes nodes,
      SimNetwork network,
      SimStorage storage,
      LogHistory logs,
      Reachability reachability) {
    this.simulation = simulation;
    this.options = options;
    this.factory = factory;
    this.nodes = nodes;
    this.network = network;
    this.storage = storage;
    this.logs = logs;
    this.reachability = reachability;
    this.mistakes = new Mistakes(storage.registry());
  }

  /** The membership that takes the nodes through their views. */
  public void drive(Driver driver) {
    membership = driver;
  }

  /** Hears of each process that begins, before it joins. */
  public void onStart(Consumer<SimProcess> listener) {
    onStart.add(listener);
  }

  /** Hears when a node installs its first view. */
  public void onServe(Consumer<SimNode> listener) {
    onServe.add(listener);
  }

  /** Hears of a node that cannot go on, before its process ends. */
  void onFailure(Consumer<SimNode> listener) {
    onFailure.add(listener);
  }

  /** Hears of each process that ends. */
  public void onEnd(Consumer<SimProcess> listener) {
    onEnd.add(listener);
  }

  /** What operators have got wrong. */
  public Mistakes mistakes() {
    return mistakes;
  }

  // ---- starting --------------------------------------------------------------------------------

  /** Starts the next process of a node. */
  public SimNode start(int id) {
    SimNode node = factory.build(id, nodes.everStarted().size(), mistakes.of(id), this);
    SimProcess process = node.process();
    nodes.add(node);
    logs.begin(node);
    simulation.record(Trace.What.STARTED, process, process.incarnation(), 0);
    onStart.forEach(each -> each.accept(process));
    membership.join(node);
    return node;
  }

  /** Starts all nodes whose process has ended, or has never begun. */
  public void startMissing() {
    for (int id = 0; id < options.nodes(); id++) {
      Optional<SimNode> node = nodes.present().get(id);
      if ((node.isEmpty() || node.get().process().isDead()) && membership.isListed(id)) {
        start(id);
      }
    }
  }

  @Override
  public void installs(SimProcess process, View view, BucketMap masters) {
    nodes.of(process).masters(masters);
    membership.installs(view, masters);
  }

  @Override
  public void becameMember(SimNode node) {
    boolean isFirstView = !node.serves();
    node.serve();
    if (isFirstView) {
      onServe.forEach(each -> each.accept(node));
    }
  }

  // ---- ending ----------------------------------------------------------------------------------

  @Override
  public void kill(SimProcess process) {
    kill(nodes.of(process), false);
  }

  /**
   * The process of a node ends in the midst of everything.
   *
   * @param silently its peers are not told
   */
  public void kill(SimNode node, boolean silently) {
    SimProcess process = node.process();
    if (process.isDead()) {
      return;
    }
    simulation.record(Trace.What.DIED, process, process.incarnation(), silently ? 1 : 0);
    process.die();
    logs.seal(node);
    storage.disk().died(process);
    network.died(process, silently);
    onEnd.forEach(each -> each.accept(process));
    suspect(node);
  }

  /** All processes end, perhaps because the power fails everywhere. */
  public void killAll(boolean power) {
    for (Optional<SimNode> node : nodes.present()) {
      node.ifPresent(each -> kill(each, false));
    }
    if (power) {
      storage.disk().losePower();
      storage.logs().losePower();
      logs.checkKept();
    }
  }

  /** The power of a node's host fails, whether its process runs or has ended before. */
  public void losePower(int id) {
    nodes.present().get(id).ifPresent(node -> kill(node, true));
    storage.disk().losePower(id);
    logs.checkKept();
  }

  /** Sooner or later the others go on without the node, unless it is well again by then. */
  public void suspect(SimNode node) {
    simulation.schedule(
        options.faults().detect(),
        simulation.world(),
        () -> {
          simulation.quiet();
          if (!reachability.isWell(node)) {
            membership.evict(node);
          }
        });
  }

  @Override
  public void failed(SimProcess process, WeftException reason) {
    failed(nodes.of(process), reason);
  }

  @Override
  public void failed(SimNode node, WeftException reason) {
    if (node.process().isDead() || node.stopReason().isPresent()) {
      return;
    }
    if (reason.code().equals(CoreErrors.NODE_STOPPED)) {
      return; // rule NF-4
    }
    node.stopReason(reason);
    simulation.record(Trace.What.STOPPED, node.process(), 0, 0, reason);
    if (isDefect(reason) || !findsNoSpace(reason) && !membership.explains(node, reason)) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, node + " stops: " + reason, reason));
      return;
    }
    node.process().views().revokeLease();
    node.cache().fail(reason);
    membership.failed(node);
    node.transport().abort();
    onFailure.forEach(each -> each.accept(node));
    simulation.schedule(0, node.process(), node.process()::stop); // shards stop one after the other
    endSoon(node);
  }

  private static boolean isDefect(WeftException reason) {
    return reason.code() == CoreErrors.INVARIANT_BROKEN
        || reason.code() == RedoErrors.REDO_GAP
        || reason.code() == RedoErrors.CORRUPT_LOG;
  }

  private boolean findsNoSpace(WeftException reason) {
    return reason.code() == RedoErrors.LOG_FULL && storage.logs().lacksSpace();
  }

  /** A node gives up its blocks and goes. */
  void leave(SimNode node) {
    node.leave();
    simulation.record(Trace.What.DRAIN, node.process(), 0, 0);
    node.cache()
        .drain()
        .whenComplete(
            (nothing, error) -> {
              if (error == null && node.process().isRunning()) {
                simulation.schedule(0, node.process(), () -> membership.leave(node));
              }
            });
  }

  @Override
  public void endSoon(SimNode node) {
    simulation.schedule(options.network().broken(), simulation.world(), () -> kill(node, false));
  }

  @Override
  public void redoForgotten() {
    logs.checkKept();
  }
}
