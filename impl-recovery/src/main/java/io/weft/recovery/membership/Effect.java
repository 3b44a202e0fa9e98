// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.ErrorCode;
import io.weft.api.MemberList;
import io.weft.spi.membership.MemberAnswer;
import java.util.Optional;
import java.util.Set;

/** What {@link ViewAgreement} wants done. Answers come back as its events. */
sealed interface Effect {
  /** Sends a message. */
  record Send(int to, MembershipMessage message) implements Effect {}

  /** Reads the newest record: {@code onRegistryRead} or {@code onRegistryFailed}. */
  record ReadRegistry() implements Effect {}

  /** Tells the transport which nodes are members, and where. */
  record Contact(MemberList list) implements Effect {}

  /** Answers a request to change the members; it is asked again if that fails. */
  record AnswerRequest(long number, MemberAnswer answer) implements Effect {}

  /** Looks whether the redo logs are those that the registry knows: {@code onLogsChecked}. */
  record CheckLogs(Propose proposal) implements Effect {}

  /**
   * Proposes a record: {@code onProposed}, or {@code onRegistryFailed}.
   *
   * @param forms whether no member of the view before is left
   * @param before the newest record; empty if there is none
   */
  record Propose(ViewRecord record, boolean forms, Optional<ViewRecord> before) implements Effect {}

  /** Finds out, after a delay, whether an incarnation has ended: {@code onStopAnswer}. */
  record AskStopped(NodeIncarnation incarnation, long delayNs) implements Effect {}

  /** Finds out whether the registry shows that a connected incarnation runs: {@code onLockLook}. */
  record LookAtLock(NodeIncarnation incarnation) implements Effect {}

  /** From here on does not take the registry's answer as proof that an incarnation has ended. */
  record DistrustLocks(String why) implements Effect {}

  /** Puts a view in force, with its lease: {@code onInstalled} when the cache is in it. */
  record Install(ViewRecord record) implements Effect {}

  /**
   * Makes certain that these incarnations have stopped, then fences them and every log of a failed
   * incarnation: {@code onFenced}.
   *
   * @param overNs when the leases of these incarnations are over, by a clock that does not run
   *     ahead
   */
  record Fence(ViewRecord record, Set<NodeIncarnation> incarnations, long overNs)
      implements Effect {}

  /**
   * Reads the redo of failed nodes and hands it to the cache: {@code onRecovered}.
   *
   * @param former the record before it, if this node knows it: whose logs there must be
   */
  record Rebuild(ViewRecord record, Optional<ViewRecord> former) implements Effect {}

  /** All members serve; writes back what depends on the redo of failed nodes: {@code onSaved}. */
  record Complete(ViewRecord record) implements Effect {}

  /** No node needs the redo of failed nodes any more: deletes it. */
  record DeleteLogs(ViewRecord record) implements Effect {}

  /** Sets the end of the lease. */
  record ExtendLease(long untilNs) implements Effect {}

  /** This node has left. */
  record Left() implements Effect {}

  /** Stops the node. */
  record Stop(ErrorCode code, String why) implements Effect {}

  /** A message for operators. */
  record Note(Step step, long epoch, String text) implements Effect {}

  /** What a note is about. */
  enum Step {
    DETECTED,
    ELECTED,
    WAITING
  }
}
