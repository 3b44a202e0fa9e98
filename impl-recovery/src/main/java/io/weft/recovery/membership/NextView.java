// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.AgreedMembers;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The next view of a member: decides which nodes go out, leave and join, and has it proposed if
 * this node is the one to do so. Owned by {@link ViewAgreement}.
 */
final class NextView {
  /** How long two members must both be heard, but not hear each other, before one has to go. */
  private static final int BROKEN_LINK_BEATS = 10;

  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final Suspicions suspicions;
  private final RecoveryBarrier recovery;
  private final NextEntries entries;
  private final Election election;
  private final MemberOrders orders;
  private final Links links;

  NextView(
      AgreementState state,
      Suspicions suspicions,
      RecoveryBarrier recovery,
      NextEntries entries,
      Election election,
      MemberOrders orders) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.suspicions = suspicions;
    this.recovery = recovery;
    this.entries = entries;
    this.election = election;
    this.orders = orders;
    this.links = new Links(BROKEN_LINK_BEATS * settings.timing().heartbeatNs());
  }

  /** A view is in force: what was observed in the one before does not count any more. */
  void begin() {
    links.clear();
  }

  /** Proposes the next view, if the newest record does not say any more how the nodes stand. */
  void reform(long now) {
    ViewRecord record = state.newest();
    NodeSet members = record.belonging();
    NodeSet suspects = suspicions.suspects().union(suspicions.reported());
    NodeSet out = suspects.minus(unheard(record, members.minus(suspects)));
    NodeSet leaving = leaving(record);
    if (out.isEmpty() && leaving.isEmpty()) {
      out = links.victims(members, this::suspectsOf, node -> peers.isSilent(node, now), now);
    }
    NodeSet staying = members.minus(out).minus(leaving);
    boolean goes = !out.isEmpty() || !leaving.isEmpty();
    boolean serving = staying.intersects(record.nodes(EntryState.MEMBER));
    NodeSet joining = NodeSet.NONE;
    if (!serving || !goes && recovery.complete() >= record.epoch()) {
      joining = joiners(record, staying, now);
    }
    boolean changes = goes || !joining.isEmpty();
    if (!changes && changeMembers(record, members, now)) {
      return;
    }
    if (!changes || !election.leads(staying, now)) {
      election.withdraw();
      return;
    }
    TreeMap<Integer, ViewRecord.Entry> next =
        entries.following(out.minus(leaving), leaving, joining);
    if (next.values().stream().noneMatch(entry -> entry.state() == EntryState.MEMBER)) {
      return; // a witness alone cannot serve; it waits for a node that can
    }
    election.propose(next, staying.union(joining), now);
  }

  /**
   * Whether this node leads, no node goes or comes, the newest view is complete, and a request asks
   * for another list of members: proposes a record with it, which changes nothing else.
   */
  private boolean changeMembers(ViewRecord record, NodeSet members, long now) {
    if (!leadsChanges()) {
      return false;
    }
    TreeMap<Integer, ViewRecord.Entry> same =
        entries.following(NodeSet.NONE, NodeSet.NONE, NodeSet.NONE);
    ViewRecord next =
        new ViewRecord(
            record.epoch() + 1, settings.node(), List.copyOf(same.values()), record.members());
    Optional<AgreedMembers> list = orders.due(next, members);
    list.ifPresent(changed -> election.propose(same, changed, members, now));
    return list.isPresent();
  }

  /** Whether it is for this node to carry out requests to change the members. */
  boolean leadsChanges() {
    return state.is(MembershipPhase.MEMBER)
        && recovery.complete() >= state.epoch()
        && state.newest().belonging().next(0) == settings.node();
  }

  /** Others that go as planned. */
  private NodeSet leaving(ViewRecord record) {
    NodeSet.Builder leaving = new NodeSet.Builder();
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.state().belongs()
          && entry.node() != settings.node()
          && peers.get(entry.node()).isLeaving(entry.incarnation())) {
        leaving.add(entry.node());
      }
    }
    return leaving.build();
  }

  /**
   * Whether no node is left that could agree on a view without this node, which leaves: all others
   * that serve go too, or are suspected.
   */
  boolean isLastToLeave() {
    ViewRecord record = state.newest();
    NodeSet going = suspicions.suspects().union(leaving(record)).with(settings.node());
    return going.containsAll(record.nodes(EntryState.MEMBER));
  }

  /**
   * Suspects of which this node has never heard, unless those that stay are enough without the
   * registry's vote: perhaps it is this node that cannot be reached. It is for nodes that have
   * heard them to decide, or for the registry, which knows when they have stopped.
   */
  private NodeSet unheard(ViewRecord record, NodeSet staying) {
    if (state.rule(record).isMajority(staying)) {
      return NodeSet.NONE;
    }
    NodeSet.Builder unheard = new NodeSet.Builder();
    for (ViewRecord.Entry entry : record.entries()) {
      if (suspicions.suspects(entry.node())
          && peers.get(entry.node()).status(entry.incarnation()).isEmpty()
          && !peers.get(entry.node()).hasStopped(entry.incarnation())) {
        unheard.add(entry.node());
      }
    }
    return unheard.build();
  }

  private NodeSet suspectsOf(int node) {
    return node == settings.node()
        ? suspicions.suspects()
        : peers
            .statusOf(state.newest(), node)
            .filter(status -> status.epoch() == state.epoch())
            .map(MembershipMessage.Status::suspects)
            .orElse(NodeSet.NONE);
  }

  private NodeSet joiners(ViewRecord record, NodeSet staying, long now) {
    NodeSet.Builder joiners = new NodeSet.Builder();
    NodeSet members = state.configured();
    for (PeerState peer : peers.all()) {
      if (peers.canJoin(peer, now)
          && !staying.contains(peer.node())
          && members.contains(peer.node())
          && reaches(peer, record, staying)
          && peer.incarnation() > record.incarnation(peer.node())) {
        joiners.add(peer.node());
      }
    }
    return joiners.build();
  }

  /** Whether a newcomer knows the newest record, and reaches all nodes of the next. */
  private static boolean reaches(PeerState newcomer, ViewRecord record, NodeSet staying) {
    MembershipMessage.Status status = newcomer.status().orElseThrow();
    return status.epoch() == record.epoch() && !status.suspects().intersects(staying);
  }
}
