// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.TransportErrors;

/** What a node of the scripted membership does when it hears of its peers. */
final class Peers implements PeerListener {
  private final SimCluster cluster;
  private final SimNode node;

  Peers(SimCluster cluster, SimNode node) {
    this.cluster = cluster;
    this.node = node;
  }

  @Override
  public void onConnected(NodeId peer, long incarnation) {}

  @Override
  public void onGoodbye(NodeId peer, long incarnation) {}

  @Override
  public void onLost(NodeId peer, long incarnation, WeftException reason) {
    if (reason.code() == TransportErrors.EVICTED && !cluster.membership().isMember(node)) {
      node.expectStop();
      cluster.failed(node, reason);
    } else {
      cluster.lost(node, peer.value());
    }
  }
}
