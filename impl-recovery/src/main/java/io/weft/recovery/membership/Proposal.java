// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/** A record that this node wants the registry to accept. Owned by {@link ViewAgreement}. */
final class Proposal {
  private final ViewRecord record;
  private final int attempt;
  private final long startedNs;
  private final long asked;
  private final long needed;
  private long votes;
  private long refusals;
  private boolean looking;
  private boolean writing;

  /**
   * Begins to collect votes.
   *
   * @param asked the nodes that are asked for a vote, as a bitmap
   * @param needed the nodes whose vote is indispensable: those that will be in the view
   * @param own the vote of this node
   */
  Proposal(ViewRecord record, int attempt, long startedNs, long asked, long needed, long own) {
    this.record = record;
    this.attempt = attempt;
    this.startedNs = startedNs;
    this.asked = asked;
    this.needed = needed;
    this.votes = own;
  }

  ViewRecord record() {
    return record;
  }

  int attempt() {
    return attempt;
  }

  long startedNs() {
    return startedNs;
  }

  void vote(int node) {
    votes |= 1L << node & asked;
  }

  void refuse(int node) {
    refusals |= 1L << node;
  }

  /** Whether a vote is indispensable and has not come. */
  boolean lacks(int node) {
    return (needed & ~votes & 1L << node) != 0;
  }

  boolean hasRefused(int node) {
    return (refusals & 1L << node) != 0;
  }

  /** Whether the registry may be asked: all nodes of the view agree, and they are enough. */
  boolean isAgreed(QuorumRule rule) {
    return (needed & ~votes) == 0 && rule.isQuorum(votes);
  }

  long votes() {
    return votes;
  }

  /** The votes are there, and the redo logs are looked at: this can still be taken back. */
  void look() {
    looking = true;
  }

  boolean isLooking() {
    return looking && !writing;
  }

  /** The registry is being asked: this cannot be taken back any more. */
  void write() {
    writing = true;
  }

  boolean isWriting() {
    return writing;
  }
}
