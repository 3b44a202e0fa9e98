// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.ClusterState;
import java.util.Arrays;
import java.util.List;

/**
 * Remembers since when nodes could be in touch with a quorum: looks at who runs and at the links
 * between them, again and again. Knows more than any node does.
 */
final class Contacts {
  private static final long LOOK_NS = 5_000_000;

  private final SimCluster cluster;
  private final long[] lackedNs;
  private final long[] missedNs;

  Contacts(SimCluster cluster) {
    this.cluster = cluster;
    this.lackedNs = new long[cluster.options().nodes()];
    Arrays.fill(lackedNs, Long.MIN_VALUE / 2);
    this.missedNs = lackedNs.clone();
    lookLater();
  }

  private void lookLater() {
    Simulation simulation = cluster.simulation();
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
    for (SimNode node : cluster.alive()) {
      int nodes = cluster.options().nodes();
      int votes = nodes % 2 == 0 ? nodes + 1 : nodes;
      List<SimNode> inTouch =
          cluster.alive().stream().filter(other -> inTouch(node, other)).toList();
      if (inTouch.size() < cluster.alive().size()) {
        missedNs[node.id()] = cluster.simulation().now();
      }
      long talking = inTouch.stream().filter(Contacts::talks).count();
      if (talking + (votes - nodes) <= votes / 2) {
        lackedNs[node.id()] = cluster.simulation().now();
      }
    }
  }

  /** A node that has not got its numbers from the registry says nothing yet. */
  private static boolean talks(SimNode node) {
    return node.life().isRunning() && node.membership().clusterState() != ClusterState.INITIALIZING;
  }

  private boolean inTouch(SimNode a, SimNode b) {
    return a.life().isRunning()
        && b.life().isRunning()
        && b.life().slowNs() == 0
        && cluster.network().isConnected(a.life(), b.life())
        && !cluster.network().isCut(a.id(), b.id())
        && !cluster.network().isCut(b.id(), a.id());
  }

  /** Whether somebody ran whom the node could not reach, not longer ago than this. */
  boolean missedSomebody(SimNode node, long agoNs) {
    return missedNs[node.id()] >= cluster.simulation().now() - agoNs;
  }

  /** Whether the node was without a quorum at a time not longer ago than this. */
  boolean lackedQuorum(SimNode node, long agoNs) {
    return lackedNs[node.id()] >= cluster.simulation().now() - agoNs;
  }
}
