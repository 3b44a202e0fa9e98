// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The other nodes: those of the configuration, of the agreed list, and those of the newest record.
 * Owned by {@link ViewAgreement}.
 */
final class KnownPeers {
  /** After how many heartbeats without a message a node counts as silent. */
  private static final int SILENT_BEATS = 3;

  private final AgreementSettings settings;
  private final TreeMap<Integer, PeerState> peers = new TreeMap<>();

  KnownPeers(AgreementSettings settings) {
    this.settings = settings;
    NodeSet configured = settings.configured().list().ids();
    boolean sparse = settings.spread().isSparse(configured.size());
    configured.without(settings.node()).forEach(node -> peers.put(node, newPeer(node, sparse)));
  }

  private PeerState newPeer(int node, boolean sparse) {
    return new PeerState(node, expectedNs(sparse));
  }

  private long expectedNs(boolean sparse) {
    return sparse ? 0 : settings.timing().heartbeatNs();
  }

  /** All of them, by their ids. */
  Collection<PeerState> all() {
    return peers.values();
  }

  /** A node, unless it is this one, or one that no record has named and that never connected. */
  Optional<PeerState> find(int node) {
    return Optional.ofNullable(peers.get(node));
  }

  /**
   * A node that has connected. A transport may know a node before this one has taken in the record
   * that names it; the connection counts all the same.
   */
  PeerState met(int node, boolean sparse) {
    know(node, sparse);
    return get(node);
  }

  /** Another node of the configuration, or of a record, or one that has connected. */
  PeerState get(int node) {
    return find(node).orElseThrow();
  }

  /**
   * Adds the nodes of the record's list, and those that are no members any more: they do not
   * connect, but their last incarnation counts.
   *
   * @param sparse whether there are too many members for a full mesh of heartbeats
   * @param changed whether that was not so before
   */
  void know(ViewRecord record, boolean sparse, boolean changed) {
    if (changed) {
      peers.values().forEach(peer -> peer.expect(expectedNs(sparse)));
    }
    for (ViewRecord.Entry entry : record.entries()) {
      know(entry.node(), sparse);
    }
    record.members().list().ids().forEach(node -> know(node, sparse));
  }

  private void know(int node, boolean sparse) {
    if (node != settings.node()) {
      peers.computeIfAbsent(node, id -> newPeer(id, sparse));
    }
  }

  /** Whether nothing has come from a node for longer than it takes to be sure of its silence. */
  boolean isSilent(int node, long now) {
    return node != settings.node()
        && get(node).silenceNs(now) > SILENT_BEATS * intervalNs(get(node));
  }

  /** The interval at which a node that sends this one statuses does so. */
  private long intervalNs(PeerState peer) {
    return peer.expectedNs() > 0 ? peer.expectedNs() : settings.timing().roundNs();
  }

  /** Whether exactly the incarnation of this entry is connected, or is this node. */
  boolean isHere(ViewRecord.Entry entry) {
    return entry.node() == settings.node()
        || get(entry.node()).isConnected()
            && get(entry.node()).incarnation() == entry.incarnation();
  }

  /** Whether a newcomer is here, goes on talking, and has not failed to vote of late. */
  boolean canJoin(PeerState peer, long now) {
    return peer.isJoining() && !isSilent(peer.node(), now) && !peer.isPassedOver(now);
  }

  /** The newest status of the incarnation of a node that belongs to the view. */
  Optional<MembershipMessage.Status> statusOf(ViewRecord record, int node) {
    return record.entry(node).flatMap(entry -> get(node).status(entry.incarnation()));
  }
}
