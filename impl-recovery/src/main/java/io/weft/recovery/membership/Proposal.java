// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;

/** A record that this node wants the registry to accept. Owned by {@link ViewAgreement}. */
final class Proposal {
  private final ViewRecord record;
  private final int attempt;
  private long startedNs;
  private NodeSet asked;
  private final NodeSet needed;
  private NodeSet votes;
  private NodeSet refusals = NodeSet.NONE;
  private boolean looking;
  private boolean writing;

  /**
   * Begins to collect votes.
   *
   * @param asked the nodes that are asked for a vote
   * @param needed the nodes whose vote is indispensable: those that will be in the view
   * @param own this node, which votes for it
   */
  Proposal(ViewRecord record, int attempt, long startedNs, NodeSet asked, NodeSet needed, int own) {
    this.record = record;
    this.attempt = attempt;
    this.startedNs = startedNs;
    this.asked = asked;
    this.needed = needed;
    this.votes = NodeSet.of(own);
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
    votes = asked.contains(node) ? votes.with(node) : votes;
  }

  void refuse(int node) {
    refusals = refusals.with(node);
  }

  /** Whether a vote is indispensable and has not come. */
  boolean lacks(int node) {
    return needed.contains(node) && !votes.contains(node);
  }

  boolean hasRefused(int node) {
    return refusals.contains(node);
  }

  /** Whether all nodes of the view agree. */
  boolean isAgreed() {
    return votes.containsAll(needed);
  }

  /** Those that have not voted are asked again. */
  void askAgain(NodeSet nodes, long now) {
    asked = nodes;
    startedNs = now;
  }

  NodeSet votes() {
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
