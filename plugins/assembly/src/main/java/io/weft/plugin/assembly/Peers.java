// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.CoreErrors;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.transport.PeerListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Follows the coming and going of the other members. Called on transport threads. */
final class Peers implements PeerListener {
  private static final Logger LOG = System.getLogger("io.weft.node");

  private final List<Member> peers;
  private final NodeId self;
  private final Set<NodeId> connected = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> complete = new CompletableFuture<>();
  private final Leaving leaving;
  private final CoherentCache cache;
  private final NodeFailure failure;

  Peers(NodeSettings settings, Leaving leaving, CoherentCache cache, NodeFailure failure) {
    this.self = settings.nodeId();
    this.peers = settings.members().stream().filter(member -> !member.id().equals(self)).toList();
    this.leaving = leaving;
    this.cache = cache;
    this.failure = failure;
    completeIfAll();
  }

  @Override
  public void onConnected(NodeId peer) {
    LOG.log(Level.DEBUG, () -> self + " is connected to " + peer);
    connected.add(peer);
    completeIfAll();
  }

  private void completeIfAll() {
    if (missing().isEmpty()) {
      complete.complete(null);
    }
  }

  @Override
  public void onGoodbye(NodeId peer) {
    LOG.log(Level.INFO, () -> peer + " has left as planned");
    leaving.onGone(peer.value());
    cache.peerLeft(peer.value());
  }

  @Override
  public void onLost(NodeId peer, WeftException reason) {
    if (leaving.isDrained()) {
      // This node has given up everything already; nothing of it can be lost with the peer.
      leaving.onGone(peer.value());
      return;
    }
    failure.stop(
        new WeftException(
            CoreErrors.MEMBER_LOST,
            self
                + " stops because it has lost "
                + peer
                + ": "
                + reason.getMessage()
                + " (Views are static in this version, so a cluster does not outlive a member:"
                + " start all nodes again.)",
            reason));
  }

  /** Completes when every member has been connected once. */
  CompletableFuture<Void> complete() {
    return complete;
  }

  /** The members that have not been connected yet. */
  List<Member> missing() {
    return peers.stream().filter(member -> !connected.contains(member.id())).toList();
  }
}
