// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Optional;

/**
 * Which nodes this node tells its status, and from which it expects one. A small cluster is a full
 * mesh: every node tells every other one at each heartbeat. In a cluster of more nodes than {@code
 * watchers + 1} there are two kinds of exchanges. Owned by {@link ViewAgreement}.
 *
 * <ul>
 *   <li>With its watchers ({@link WatchRings}), at each heartbeat: they find out soon that it has
 *       failed.
 *   <li>With the hubs, at each <i>round</i>, which is an eighth of a lease: from the hubs a node
 *       has its quorum and the progress of the recovery, and they have its progress, its suspects,
 *       and the proof that they reach it. Hubs are the electors of the view and its proposer; a hub
 *       exchanges with all nodes.
 * </ul>
 *
 * <p>A node that is in no view yet has the hubs of the newest view and, because no node of that
 * view may run any more, those of the nodes it is connected to that have the lowest ids. A node
 * that leaves exchanges with all, because it has to know whether all others leave, too.
 */
final class WatchPlan {
  /** After how many rounds without a status a node counts as hung, and another one is the hub. */
  private static final int HUNG_ROUNDS = 3;

  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;

  /** How many heartbeats this node has sent. */
  private long beats;

  // Of the view for which they were computed last.
  private Optional<ViewRecord> view = Optional.empty();
  private NodeSet members = NodeSet.NONE;
  private WatchRings rings = new WatchRings(NodeSet.NONE, 0);
  private NodeSet hubsOfView = NodeSet.NONE;

  WatchPlan(AgreementState state) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
  }

  /** Whether a node is watched by some others only. */
  boolean isSparse() {
    return state.isSparse();
  }

  private void look() {
    if (!view.equals(state.known())) {
      view = state.known();
      members = view.map(ViewRecord::belonging).orElse(NodeSet.NONE);
      rings = new WatchRings(members, settings.spread().watchers());
      hubsOfView =
          view.map(record -> state.rule(record).electors().with(record.proposer()))
              .orElse(NodeSet.NONE)
              .intersection(members);
    }
  }

  /** The nodes that watch a node of the view at each heartbeat. */
  NodeSet watchersOf(int node) {
    look();
    return rings.watchersOf(node);
  }

  /** The nodes with which all others exchange statuses. */
  NodeSet hubs(long now) {
    look();
    return state.phase().isNew() ? hubsOfView.union(firstInTouch(now)) : hubsOfView;
  }

  boolean isHub(long now) {
    return hubs(now).contains(settings.node());
  }

  /** This node and others that are connected and not hung: those with the lowest ids. */
  private NodeSet firstInTouch(long now) {
    NodeSet.Builder first = new NodeSet.Builder();
    int left = settings.spread().electors();
    boolean self = false;
    for (PeerState peer : peers.all()) {
      if (!self && left > 0 && peer.node() > settings.node()) {
        first.add(settings.node());
        self = true;
        left--;
      }
      if (left > 0 && peer.isConnected() && !isHung(peer, now)) {
        first.add(peer.node());
        left--;
      }
    }
    if (!self && left > 0) {
      first.add(settings.node());
    }
    return first.build();
  }

  private boolean isHung(PeerState peer, long now) {
    return now - peer.inTouchNs() > HUNG_ROUNDS * settings.timing().roundNs();
  }

  // ---- what is expected

  /** At which intervals statuses of a node have to come; 0 if none have to. */
  long expectedNs(int node) {
    look();
    if (!isSparse() || rings.watchedBy(settings.node()).contains(node)) {
      return settings.timing().heartbeatNs();
    }
    if (!members.contains(node)) {
      return 0;
    }
    boolean meets =
        hubsOfView.contains(settings.node())
            || hubsOfView.contains(node)
            || state.is(MembershipPhase.LEAVING);
    return meets ? settings.timing().roundNs() : 0;
  }

  // ---- what is sent

  /** A heartbeat is due; returns the nodes that are told, whether or not there is news. */
  NodeSet nextBeat(long now) {
    beats++;
    look();
    NodeSet watchers = state.phase().isNew() ? NodeSet.NONE : rings.watchersOf(settings.node());
    NodeSet hubs = hubs(now);
    boolean toAll = hubs.contains(settings.node()) || state.is(MembershipPhase.LEAVING);
    NodeSet.Builder to = new NodeSet.Builder();
    for (PeerState peer : peers.all()) {
      boolean meets = toAll || hubs.contains(peer.node()) || needsAll(peer);
      if (watchers.contains(peer.node()) || meets && isInTurn(peer.node())) {
        to.add(peer.node());
      }
    }
    return to.build();
  }

  /** A node that joins has to hear from all again, one that leaves exchanges with all. */
  private boolean needsAll(PeerState peer) {
    return state.phase().isNew()
        ? peer.hasSession() && !peer.isConnected()
        : peer.is(MembershipPhase.LEAVING) || peer.is(MembershipPhase.JOINING);
  }

  /** Rounds of different pairs of nodes begin at different heartbeats. */
  private boolean isInTurn(int node) {
    return (beats + node + settings.node()) % settings.timing().beatsOfARound() == 0;
  }

  /** The nodes that are told at once when there is news. */
  NodeSet toldOfNews(long now) {
    look();
    boolean leads = view.filter(record -> record.proposer() == settings.node()).isPresent();
    return switch (state.phase()) {
      case STARTING, JOINING -> NodeSet.NONE; // the next round is soon enough
      case MEMBER -> leads ? everyone() : hubsOfView;
      case LEAVING, GONE -> everyone();
    };
  }

  private NodeSet everyone() {
    NodeSet.Builder all = new NodeSet.Builder();
    peers.all().forEach(peer -> all.add(peer.node()));
    return all.build();
  }
}
