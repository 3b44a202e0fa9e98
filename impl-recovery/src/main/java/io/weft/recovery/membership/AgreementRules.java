// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import io.weft.spi.membership.AgreedMembers;

/**
 * Rules that carry the safety of the agreement on views, and that only a call which takes time can
 * break. Membership asks here, so that a test can break one and prove that the checkers notice;
 * production uses {@link #STANDARD}.
 */
public class AgreementRules {
  /** The rules as documented. */
  public static final AgreementRules STANDARD = new AgreementRules();

  /** For {@link #STANDARD} and for tests that break a rule. */
  protected AgreementRules() {}

  /**
   * When a lease begins that a call of the registry has shown to be due: with the question, since
   * this node may have been taken out between that and the answer.
   *
   * @param askedNs when the call began, by the clock of the agreement
   * @param answeredNs when it returned
   */
  protected long leaseBegins(long askedNs, long answeredNs) {
    return askedNs;
  }

  // ---- members that change

  /** What a leader proposes: the list with the change that one request asks for. */
  protected AgreedMembers proposed(AgreedMembers changed) {
    return changed;
  }

  /** Whether a node votes for a list: it is the one before, or one member differs. */
  protected boolean follows(AgreedMembers next, AgreedMembers before) {
    return next.mayFollow(before);
  }

  /** Whether a member that runs keeps its place and its address. */
  protected boolean sparesRunning() {
    return true;
  }

  /** Whether the votes for a record have to be a quorum of its own list, too, if it is changed. */
  protected boolean asksNextList() {
    return true;
  }

  /**
   * The list of which newcomers need a quorum to form a view: the agreed one.
   *
   * @param agreed that of the newest record
   * @param configured that of this node's file
   */
  protected NodeSet counted(NodeSet agreed, NodeSet configured) {
    return agreed;
  }
}
