// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.Collection;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The other nodes: those of the configuration, and those of the newest record. Owned by {@link
 * ViewAgreement}.
 */
final class KnownPeers {
  /** After how many heartbeats without a message a node counts as silent. */
  private static final int SILENT_BEATS = 3;

  private final AgreementSettings settings;
  private final TreeMap<Integer, PeerState> peers = new TreeMap<>();

  KnownPeers(AgreementSettings settings) {
    this.settings = settings;
    settings.configured().without(settings.node()).forEach(node -> peers.put(node, newPeer(node)));
  }

  private PeerState newPeer(int node) {
    return new PeerState(node, settings.isSparse() ? 0 : settings.timing().heartbeatNs());
  }

  /** All of them, by their ids. */
  Collection<PeerState> all() {
    return peers.values();
  }

  /** A node, unless it is this one or one that no record has named. */
  Optional<PeerState> find(int node) {
    return Optional.ofNullable(peers.get(node));
  }

  /** Another node of the configuration or of the newest record. */
  PeerState get(int node) {
    return find(node).orElseThrow();
  }

  /**
   * Adds nodes that are not configured any more: they do not connect, but their last incarnation
   * counts.
   */
  void know(ViewRecord record) {
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.node() != settings.node()) {
        peers.computeIfAbsent(entry.node(), this::newPeer);
      }
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
