// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Optional;

/**
 * What this node says of itself, and what it makes of the words of others: a status is the
 * heartbeat and has all that the others have to know. Decides which node is sent the newest record
 * because its status shows that it lacks it. Owned by {@link ViewAgreement}.
 */
final class StatusExchange {
  private final AgreementState state;
  private final DetectorClock clock;
  private final RegistryReads registry;
  private final Suspicions suspicions;
  private final RecoveryBarrier recovery;
  private final WatchPlan plan;

  /** The nodes that have to be told whether or not there is news. */
  private NodeSet due = NodeSet.NONE;

  StatusExchange(
      AgreementState state,
      DetectorClock clock,
      RegistryReads registry,
      Suspicions suspicions,
      RecoveryBarrier recovery,
      WatchPlan plan) {
    this.plan = plan;
    this.state = state;
    this.clock = clock;
    this.registry = registry;
    this.suspicions = suspicions;
    this.recovery = recovery;
  }

  /** Takes in a status; returns whether it says anything that the one before did not. */
  boolean onStatus(PeerState peer, MembershipMessage.Status status, long now) {
    Optional<MembershipMessage.Status> before = peer.status();
    boolean connected = peer.isConnected();
    if (!peer.onStatus(status, state.settings().incarnation(), now, clock.time(now))) {
      return false;
    }
    suspicions.onHeard(peer);
    registry.onTold(status.epoch());
    if (status.epoch() > state.epoch()) {
      registry.read(now); // its proposer may have failed before it told all others
    } else if (status.epoch() < state.epoch()
        && (!status.phase().isNew() || state.newest().has(peer.node(), peer.incarnation()))) {
      state.announce(peer, state.newest());
    }
    return !connected || before.filter(status::saysTheSame).isEmpty();
  }

  /** A heartbeat is due. */
  void beat(long now) {
    if (plan.isSparse()) {
      due = plan.nextBeat(now);
    } else {
      state.changed();
    }
  }

  /** Tells the others, if there is anything new, and this node has not ended. */
  void tellNews(long now) {
    // A node that stops unplanned must not seem to have left.
    if (state.is(MembershipPhase.GONE) || !state.hasNews() && due.isEmpty()) {
      return;
    }
    if (!plan.isSparse()) {
      broadcast(now);
    } else {
      tell(state.hasNews() ? due.union(plan.toldOfNews(now)) : due, now);
    }
    state.told();
    due = NodeSet.NONE;
  }

  /** Sends a status to all nodes with a session. */
  void broadcast(long now) {
    for (PeerState peer : state.peers().all()) {
      tell(peer, now);
    }
  }

  private void tell(NodeSet nodes, long now) {
    for (PeerState peer : state.peers().all()) {
      if (nodes.contains(peer.node())) {
        tell(peer, now);
      }
    }
  }

  private void tell(PeerState peer, long now) {
    if (peer.hasSession()) {
      state.send(
          peer,
          new MembershipMessage.Status(
              state.settings().incarnation(),
              now,
              peer.status().map(MembershipMessage.Status::sentNs).orElse(MembershipLease.NEVER),
              peer.incarnation(),
              said(),
              state.settings().witness(),
              recovery.progress(),
              suspicions.suspects()));
    }
  }

  /** A node that cannot read the registry is not taken in, and does not lead. */
  private MembershipPhase said() {
    return state.is(MembershipPhase.JOINING) && !registry.hasRead()
        ? MembershipPhase.STARTING
        : state.phase();
  }
}
