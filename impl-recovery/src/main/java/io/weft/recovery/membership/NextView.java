// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

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
  private final Links links;

  NextView(
      AgreementState state,
      Suspicions suspicions,
      RecoveryBarrier recovery,
      NextEntries entries,
      Election election) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.suspicions = suspicions;
    this.recovery = recovery;
    this.entries = entries;
    this.election = election;
    this.links = new Links(BROKEN_LINK_BEATS * settings.timing().heartbeatNs());
  }

  /** A view is in force: what was observed in the one before does not count any more. */
  void begin() {
    links.clear();
  }

  /** Proposes the next view, if the newest record does not say any more how the nodes stand. */
  void reform(long now) {
    ViewRecord record = state.newest();
    long members = record.belonging();
    long suspects = suspicions.suspects();
    long out = suspects & ~unheard(record, members & ~suspects);
    long leaving = leaving(record);
    if ((out | leaving) == 0) {
      out = links.victims(members, this::suspectsOf, node -> peers.isSilent(node, now), now);
    }
    long staying = members & ~out & ~leaving;
    boolean serving = (staying & record.bits(EntryState.MEMBER)) != 0;
    long joining = 0;
    if (!serving || (out | leaving) == 0 && recovery.complete() >= record.epoch()) {
      joining = joiners(record, staying, now);
    }
    boolean changes = (out | leaving | joining) != 0;
    if (!changes || !election.leads(staying, now)) {
      election.withdraw();
      return;
    }
    TreeMap<Integer, ViewRecord.Entry> next = entries.following(out & ~leaving, leaving, joining);
    if (next.values().stream().noneMatch(entry -> entry.state() == EntryState.MEMBER)) {
      return; // a witness alone cannot serve; it waits for a node that can
    }
    election.propose(next, staying | joining, now);
  }

  /** Others that go as planned, as a bitmap. */
  private long leaving(ViewRecord record) {
    long bits = 0;
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.state().belongs()
          && entry.node() != settings.node()
          && peers.get(entry.node()).isLeaving(entry.incarnation())) {
        bits |= 1L << entry.node();
      }
    }
    return bits;
  }

  /**
   * Whether no node is left that could agree on a view without this node, which leaves: all others
   * that serve go too, or are suspected.
   */
  boolean isLastToLeave() {
    ViewRecord record = state.newest();
    long going = 1L << settings.node() | suspicions.suspects() | leaving(record);
    return (record.bits(EntryState.MEMBER) & ~going) == 0;
  }

  /**
   * Suspects of which this node has never heard, as a bitmap, unless those that stay are enough
   * without the registry's vote: perhaps it is this node that cannot be reached. It is for nodes
   * that have heard them to decide, or for the registry, which knows when they have stopped.
   */
  private long unheard(ViewRecord record, long staying) {
    if (state.rule(record).isMajority(staying)) {
      return 0;
    }
    long bits = 0;
    for (ViewRecord.Entry entry : record.entries()) {
      if (suspicions.suspects(entry.node())
          && peers.get(entry.node()).status(entry.incarnation()).isEmpty()
          && !peers.get(entry.node()).hasStopped(entry.incarnation())) {
        bits |= 1L << entry.node();
      }
    }
    return bits;
  }

  private long suspectsOf(int node) {
    return node == settings.node()
        ? suspicions.suspects()
        : peers
            .statusOf(state.newest(), node)
            .filter(status -> status.epoch() == state.epoch())
            .map(MembershipMessage.Status::suspects)
            .orElse(0L);
  }

  private long joiners(ViewRecord record, long staying, long now) {
    long bits = 0;
    for (PeerState peer : peers.all()) {
      if (peers.canJoin(peer, now)
          && (staying >>> peer.node() & 1) == 0
          && reaches(peer, record, staying)
          && peer.incarnation() > record.incarnation(peer.node())) {
        bits |= 1L << peer.node();
      }
    }
    return bits;
  }

  /** Whether a newcomer knows the newest record, and reaches all nodes of the next. */
  private static boolean reaches(PeerState newcomer, ViewRecord record, long staying) {
    MembershipMessage.Status status = newcomer.status().orElseThrow();
    return status.epoch() == record.epoch() && (status.suspects() & staying) == 0;
  }
}
