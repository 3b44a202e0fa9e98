// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.NodeSet;
import io.weft.plugin.sim.network.SimNetwork;

/** Which nodes are cut off from each other, and which from the storage. */
public final class Reachability {
  private final SimNetwork network;
  private final int nodes;

  /** Nodes that no other one reaches, or that reach no other one. */
  private NodeSet isolated = NodeSet.NONE;

  public Reachability(SimNetwork network, int nodes) {
    this.network = network;
    this.nodes = nodes;
  }

  /**
   * Cuts a node off from all others.
   *
   * @param towards nothing gets to it
   * @param from nothing gets from it
   */
  public void isolate(int id, boolean towards, boolean from) {
    isolated = isolated.with(id);
    for (int peer = 0; peer < nodes; peer++) {
      if (towards) {
        network.cut(peer, id);
      }
      if (from) {
        network.cut(id, peer);
      }
    }
  }

  /** Ends the isolation of a node. */
  public void reconnect(int id) {
    isolated = isolated.without(id);
    for (int peer = 0; peer < nodes; peer++) {
      network.mend(peer, id);
      network.mend(id, peer);
    }
  }

  /** No node counts as isolated from here on; the cuts themselves {@link SimNetwork#heal} mends. */
  public void forgetIsolation() {
    isolated = NodeSet.NONE;
  }

  public boolean isIsolated(int id) {
    return isolated.contains(id);
  }

  /** Two nodes cannot talk to each other. */
  public void cutLink(int id, int peer) {
    network.cut(id, peer);
    network.cut(peer, id);
  }

  /** They can again. */
  public void mendLink(int id, int peer) {
    network.mend(id, peer);
    network.mend(peer, id);
  }

  /** The connection between two nodes breaks. */
  public void reset(int id, int peer) {
    network.reset(id, peer);
  }

  /** Whether two processes have a session, even if their connection is down at this moment. */
  public boolean haveSession(SimNode a, SimNode b) {
    return network.hasSession(a.process(), b.process());
  }

  /** Whether a node runs and can keep its lease. */
  public boolean isWell(SimNode node) {
    return node.process().isRunning() && !isCutOff(node);
  }

  /** Whether a node reaches too little to keep its lease. */
  public boolean isCutOff(SimNode node) {
    return isIsolated(node.id()) || node.store().hasLostPath();
  }
}
