// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;

/**
 * What nodes tell each other about membership. Nothing depends on the order of arrival: a status
 * carries the sender's whole state, and older ones are known by their time.
 */
sealed interface MembershipMessage {
  /** The sender's incarnation: a message of another than the connected one is dropped. */
  long incarnation();

  /** Whether it has a record that was agreed under other terms than those of this node. */
  default boolean isForeign() {
    return switch (this) {
      case VoteRequest m -> m.record().foreign().isPresent();
      case Announcement m -> m.record().foreign().isPresent();
      case Status _, Vote _ -> false;
    };
  }

  /**
   * A heartbeat with all that the others need to know; sent at regular intervals and whenever it
   * changes. The numbers of epochs only grow.
   *
   * @param incarnation the sender's incarnation
   * @param sentNs the sender's clock
   * @param echoNs the newest {@code sentNs} that the sender has of the receiver; {@link
   *     MembershipLease#NEVER} if none
   * @param echoOf the incarnation of the receiver that sent it: the clocks of two incarnations have
   *     nothing in common
   * @param phase of the sender
   * @param witness whether it votes only
   * @param progress how far it is in the recovery of its newest view
   * @param suspects nodes that it cannot work with; of a newcomer, members of that view that it
   *     does not reach
   */
  record Status(
      long incarnation,
      long sentNs,
      long echoNs,
      long echoOf,
      MembershipPhase phase,
      boolean witness,
      Progress progress,
      NodeSet suspects)
      implements MembershipMessage {
    /** The epoch of its newest view record, 0 if it has none. */
    long epoch() {
      return progress.epoch();
    }

    /** Whether another status of its sender says the same, but for times. */
    boolean saysTheSame(Status other) {
      return incarnation == other.incarnation
          && phase == other.phase
          && witness == other.witness
          && progress.equals(other.progress)
          && suspects.equals(other.suspects);
    }
  }

  /**
   * How far a node is in the recovery of its newest view.
   *
   * @param epoch of its newest view record, 0 if it has none
   * @param fenced epoch up to which all nodes that are out have stopped and are fenced
   * @param recovered epoch up to which it serves all its blocks
   * @param complete epoch up to which all members do
   * @param saved epoch up to which nothing of it needs the redo of failed nodes any more
   */
  record Progress(long epoch, long fenced, long recovered, long complete, long saved) {}

  /** Asks for a vote for a record. {@code attempt} names the asking, for the answer. */
  record VoteRequest(long incarnation, int attempt, ViewRecord record)
      implements MembershipMessage {}

  /** The answer. */
  record Vote(long incarnation, int attempt, long epoch, boolean granted)
      implements MembershipMessage {}

  /** A record that the registry has accepted. */
  record Announcement(long incarnation, ViewRecord record) implements MembershipMessage {}
}
