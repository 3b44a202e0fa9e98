// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.MembershipErrors;

/**
 * The membership lease of this node: decides until when it may act as a member, and when a lease
 * that is not renewed is lost, which ends the node. Owned by {@link ViewAgreement}.
 */
final class OwnLease {
  private final AgreementState state;
  private final RegistryReads registry;
  private final MembershipLease lease;
  private long untilNs = MembershipLease.NEVER;
  private long lapsedNs = MembershipLease.NEVER;
  private boolean revoked;

  OwnLease(AgreementState state, RegistryReads registry) {
    this.state = state;
    this.registry = registry;
    this.lease =
        new MembershipLease(
            state.settings().timing().leaseNs(), state.settings().timing().driftPercent());
  }

  /** The end of the lease as it was set last. */
  long untilNs() {
    return untilNs;
  }

  boolean holds(long now) {
    return now < untilNs;
  }

  /** At {@code startNs} or later this node was a member of the newest view. */
  void checked(long startNs) {
    lease.checked(startNs);
  }

  long checkedNs() {
    return lease.checkedNs();
  }

  /** When the lease of a node that was taken out at {@code ns} is certainly over. */
  long overNs(long ns) {
    return lease.overNs(ns);
  }

  /** This node had to write when its lease was over: it stops as soon as it is known why. */
  void revoke() {
    revoked = true;
  }

  /**
   * Extends it as far as the quorum and the registry allow; without them it lapses, and is lost.
   */
  void extend(long now) {
    if (state.is(MembershipPhase.JOINING)) {
      return;
    }
    QuorumRule rule = state.rule(state.newest());
    lease.quorum(rule.inTouchSince(node -> inTouchNs(node, now), lease.checkedNs()));
    if (lease.untilNs() > untilNs) {
      untilNs = lease.untilNs();
      state.want(new Effect.ExtendLease(untilNs));
    }
    if (holds(now) && !revoked) {
      lapsedNs = MembershipLease.NEVER;
    } else if (lapsedNs == MembershipLease.NEVER) {
      // Perhaps this process has been paused: it may be a member still.
      lapsedNs = now;
      registry.read(now);
    } else if (now - lapsedNs > state.settings().timing().leaseNs() / 2
        || lease.checkedNs() >= lapsedNs && holds(now)) {
      lose(now);
    }
  }

  private long inTouchNs(int node, long now) {
    return node == state.settings().node() ? now : state.peers().get(node).ackedNs();
  }

  private void lose(long now) {
    if (registry.setBack().isPresent()) {
      state.stop(MembershipErrors.BAD_REGISTRY, registry.setBack().get());
    } else if (holds(now)) {
      state.stop(
          MembershipErrors.LEASE_LOST,
          "this node was held up for longer than its lease, and had to write before it was"
              + " renewed");
    } else if (lease.lacksQuorum()) {
      QuorumRule rule = state.rule(state.newest());
      state.stop(
          MembershipErrors.QUORUM_LOST,
          "this node has heard of too few nodes for longer than a lease: "
              + rule.quorum()
              + " of "
              + rule.votes()
              + " votes are needed; the others go on if they are enough");
    } else {
      state.stop(
          MembershipErrors.LEASE_LOST,
          "this node could not prove its membership by the registry for longer than a lease"
              + registry
                  .trouble()
                  .map(why -> ": " + why)
                  .orElse(
                      "; its last call of "
                          + state.settings().texts().registry()
                          + " did not return in that time: is that storage reachable?"));
    }
  }
}
