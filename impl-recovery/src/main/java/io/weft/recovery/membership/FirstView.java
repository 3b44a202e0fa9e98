// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.MembershipErrors;

/**
 * The first view after a cold start: decides, at a node that is in no view, whether no node of the
 * newest view runs any more, and whether the nodes that are here may go on without them. Owned by
 * {@link ViewAgreement}.
 */
final class FirstView {
  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final RegistryReads registry;
  private final OwnLease lease;
  private final Suspicions suspicions;
  private final NextEntries entries;
  private final Election election;

  private long quorumSinceNs = MembershipLease.NEVER;
  private long joiningSinceNs;

  /** When this newcomer was last in touch with a member. */
  private long memberSeenNs = MembershipLease.NEVER;

  FirstView(
      AgreementState state,
      RegistryReads registry,
      OwnLease lease,
      Suspicions suspicions,
      NextEntries entries,
      Election election) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.registry = registry;
    this.lease = lease;
    this.suspicions = suspicions;
    this.entries = entries;
    this.election = election;
  }

  /** This node begins to join. */
  void begin(long now) {
    joiningSinceNs = now;
  }

  /**
   * A view has been made while this node waited, without it: its members have run just now, and may
   * take this node in. They get as much time as those that ran when it began to join.
   */
  void onOthersFormed(long now) {
    memberSeenNs = now;
  }

  /** Whether the leases of all nodes that were members when this node began to join are over. */
  boolean hasOutwaitedALease(long now) {
    return now - joiningSinceNs > lease.overNs(0);
  }

  /** Proposes a view of the nodes that are here, as soon as they may go on without the others. */
  void form(long now) {
    // Before it has read the view that others have told of, it knows no member that may run.
    if (!registry.hasRead() || registry.told() > state.epoch() || someoneRuns(now)) {
      quorumSinceNs = MembershipLease.NEVER;
      return;
    }
    NodeSet here = here(now);
    if (!canServe(here) || !new QuorumRule(state.counted()).isQuorum(here)) {
      quorumSinceNs = MembershipLease.NEVER;
      election.withdraw();
      return;
    }
    if (quorumSinceNs == MembershipLease.NEVER) {
      quorumSinceNs = now;
    }
    if (now - quorumSinceNs < patienceNs(here)) {
      election.withdraw();
      return;
    }
    NodeSet running = suspicions.mayRun();
    if (running.isEmpty() || state.rule(state.newest()).isMajority(here)) {
      election.propose(entries.forming(here), here, now);
    } else if (!suspicions.isUnproved(running)) {
      giveUp(running);
    }
  }

  /** This node and the newcomers that could form a view with it. */
  NodeSet here(long now) {
    NodeSet.Builder here = new NodeSet.Builder();
    here.add(settings.node());
    NodeSet members = state.configured();
    for (PeerState peer : peers.all()) {
      if (peers.canJoin(peer, now) && members.contains(peer.node())) {
        here.add(peer.node());
      }
    }
    return here.build();
  }

  /** Whether one of these is not a witness. */
  private boolean canServe(NodeSet here) {
    boolean serving = !settings.witness();
    for (PeerState peer : peers.all()) {
      boolean isHere = here.contains(peer.node());
      serving |= isHere && !peer.status().orElseThrow().witness();
    }
    return serving;
  }

  /**
   * How long a quorum has to be here before this node proposes the first view. The first of the
   * nodes here does it; should it be stuck, the next one does after a lease, and so on.
   */
  private long patienceNs(NodeSet here) {
    int rank = here.sizeBelow(settings.node());
    boolean all = here.equals(state.configured());
    return (all && rank == 0 ? 0 : settings.timing().formWaitNs())
        + rank * settings.timing().leaseNs();
  }

  /**
   * Whether a member of the newest view runs, or may run: then it has to take this node in. One
   * that was in touch and has died is proved to have ended by the registry, which may be slow to
   * answer.
   */
  private boolean someoneRuns(long now) {
    for (PeerState peer : peers.all()) {
      if (peer.isConnected()
          && (peer.is(MembershipPhase.MEMBER) || peer.is(MembershipPhase.LEAVING))
          && peer.silenceNs(now) <= lease.overNs(0) + settings.timing().formWaitNs()) {
        memberSeenNs = now;
        return true;
      }
    }
    // No member could be reached: a quorum of newcomers need not wait for ever.
    long aloneNs = now - Math.max(joiningSinceNs, memberSeenNs);
    boolean waited = aloneNs > lease.overNs(0) + settings.timing().formWaitNs();
    return !waited && !suspicions.mayRun().isEmpty();
  }

  /**
   * Newcomers that would need the registry's vote to outvote a member which runs cannot know
   * whether it or they are cut off, by a network or by a wrong address. The one that started later
   * gives up: else the two would evict each other in turns.
   */
  private void giveUp(NodeSet running) {
    state.stop(
        MembershipErrors.NOT_FORMED,
        "view "
            + state.epoch()
            + " belongs to "
            + NodeNames.list(running, ", ", state::name)
            + ": nothing proves that its process has ended, and "
            + state.name(settings.node())
            + " cannot reach it; without it no view can be formed. Check that weft.members has the"
            + " right addresses at both, and the network between them; or stop that process, if it"
            + " hangs. Then start this node again");
  }
}
