// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/**
 * Until when this node may act as a member. A lease begins with a question, not with its answer: at
 * some moment after the start of a look at the registry this node was a member of the newest view,
 * and a proposer that takes it out later waits for a whole lease after that. Times are of the
 * monotonic clock that goes on while the machine is suspended; the wall clock plays no part.
 */
final class MembershipLease {
  /** Before every moment, far enough from overflow. */
  static final long NEVER = Long.MIN_VALUE / 4;

  private final long lengthNs;
  private final int driftPercent;
  private long checkedNs = NEVER;
  private long quorumNs = NEVER;

  /**
   * Makes a lease that does not hold.
   *
   * @param driftPercent how much faster than its own the clock of the slowest peer may run
   */
  MembershipLease(long lengthNs, int driftPercent) {
    this.lengthNs = lengthNs;
    this.driftPercent = driftPercent;
  }

  /** At {@code startNs} or later this node was a member of the newest view. */
  void checked(long startNs) {
    checkedNs = Math.max(checkedNs, startNs);
  }

  /** Since {@code ns} a quorum has answered what was sent then. */
  void quorum(long ns) {
    quorumNs = Math.max(quorumNs, ns);
  }

  long checkedNs() {
    return checkedNs;
  }

  /** Whether the quorum, not the registry, is what the lease waits for. */
  boolean lacksQuorum() {
    return quorumNs < checkedNs;
  }

  /** The end of the lease. */
  long untilNs() {
    return Math.min(checkedNs, quorumNs) + lengthNs;
  }

  /** When the lease of a node that was taken out at {@code ns} is certainly over. */
  long overNs(long ns) {
    return ns + lengthNs + lengthNs / 100 * driftPercent;
  }
}
