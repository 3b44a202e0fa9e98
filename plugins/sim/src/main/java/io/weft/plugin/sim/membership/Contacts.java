// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.api.ClusterState;
import io.weft.api.NodeSet;
import io.weft.plugin.sim.network.SimNetwork;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.time.Simulation;
import java.util.Arrays;
import java.util.List;

/**
 * Remembers since when nodes could be in touch with a quorum: looks at who runs and at the links
 * between them, again and again. Knows more than any node does.
 */
final class Contacts {
  private static final long LOOK_NS = 5_000_000;

  private final Simulation simulation;
  private final Nodes nodes;
  private final int count;
  private final SimNetwork network;
  private boolean limited;
  private final long[] lackedNs;
  private final long[] missedNs;

  /**
   * Looks at so many nodes from here on.
   *
   * @param limited whether not all of them vote
   */
  Contacts(Simulation simulation, Nodes nodes, int count, SimNetwork network, boolean limited) {
    this.limited = limited;
    this.simulation = simulation;
    this.nodes = nodes;
    this.count = count;
    this.network = network;
    this.lackedNs = new long[count];
    Arrays.fill(lackedNs, Long.MIN_VALUE / 2);
    this.missedNs = lackedNs.clone();
    lookLater();
  }

  /** The electors are those that the nodes name: members come and go. */
  void followViews() {
    limited = true;
  }

  private void lookLater() {
    simulation.schedule(
        LOOK_NS,
        simulation.world(),
        () -> {
          simulation.quiet();
          look();
          lookLater();
        });
  }

  private void look() {
    for (SimNode node : nodes.alive()) {
      List<SimNode> inTouch = nodes.alive().stream().filter(other -> inTouch(node, other)).toList();
      if (inTouch.size() < nodes.alive().size()) {
        missedNs[node.id()] = simulation.now();
      }
      NodeSet electors = electors(node);
      int votes = electors.size() % 2 == 0 ? electors.size() + 1 : electors.size();
      long talking =
          inTouch.stream()
              .filter(other -> electors.contains(other.id()))
              .filter(Contacts::talks)
              .count();
      if (talking + (votes - electors.size()) <= votes / 2) {
        lackedNs[node.id()] = simulation.now();
      }
    }
  }

  /** The nodes that vote in the newest view that a node knows; all nodes if all of them vote. */
  private NodeSet electors(SimNode node) {
    NodeSet electors = node.membership().electors();
    return limited && !electors.isEmpty() ? electors : NodeSet.ofFirst(count);
  }

  /** A node that has not got its numbers from the registry says nothing yet. */
  private static boolean talks(SimNode node) {
    return node.process().isRunning()
        && node.membership().clusterState() != ClusterState.INITIALIZING;
  }

  private boolean inTouch(SimNode a, SimNode b) {
    return a.process().isRunning()
        && b.process().isRunning()
        && b.process().slowNs() == 0
        && network.isConnected(a.process(), b.process())
        && !network.isCut(a.id(), b.id())
        && !network.isCut(b.id(), a.id());
  }

  /** Whether another node ran that the node could not reach, not longer ago than this. */
  boolean missedOthers(SimNode node, long agoNs) {
    return missedNs[node.id()] >= simulation.now() - agoNs;
  }

  /** Whether the node was without a quorum at a time not longer ago than this. */
  boolean lackedQuorum(SimNode node, long agoNs) {
    return lackedNs[node.id()] >= simulation.now() - agoNs;
  }
}
