// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The recovery of the view in force: decides when this node takes the next step of it, by what all
 * members have said to have reached. Its epochs only grow. Owned by {@link ViewAgreement}.
 *
 * <pre>
 *   view --> Fence (the proposer) --> fenced
 *   fenced (the proposer's) + installed + lease --> Rebuild --> recovered
 *   recovered of all --> Complete --> saved;  saved of all --> DeleteLogs (the proposer)
 * </pre>
 */
final class RecoveryBarrier {
  private final AgreementState state;

  // What this node says in its status.
  private long fenced;
  private long recovered;
  private long complete;
  private long saved;

  // What has been asked for in the epoch in force, so that it is asked once.
  private long installed;
  private long rebuilt;
  private long deleted;

  RecoveryBarrier(AgreementState state) {
    this.state = state;
  }

  /** Up to which epoch all nodes that are out have stopped and are fenced. */
  long fenced() {
    return fenced;
  }

  /** Up to which epoch all members serve. */
  long complete() {
    return complete;
  }

  /** How far this node is, as it says in its status. */
  MembershipMessage.Progress progress() {
    return new MembershipMessage.Progress(state.epoch(), fenced, recovered, complete, saved);
  }

  /**
   * A view is in force: its proposer fences the nodes that are out.
   *
   * @param overNs when the leases of these are over
   */
  void begin(ViewRecord record, long overNs) {
    if (record.proposer() == state.settings().node()) {
      Set<NodeIncarnation> incarnations = new HashSet<>();
      for (ViewRecord.Entry entry : record.entries()) {
        if (entry.state() == EntryState.OUT) {
          incarnations.add(entry.nodeIncarnation());
        }
      }
      state.want(new Effect.Fence(record, incarnations, overNs));
    }
  }

  void onInstalled(long epoch) {
    installed = Math.max(installed, epoch);
  }

  void onFenced(long epoch) {
    fenced = grown(fenced, epoch);
  }

  void onRecovered(long epoch) {
    recovered = grown(recovered, epoch);
  }

  void onSaved(long epoch) {
    saved = grown(saved, epoch);
  }

  private long grown(long before, long epoch) {
    if (epoch > before) {
      state.changed();
    }
    return Math.max(before, epoch);
  }

  /**
   * Carries the recovery of the view in force one step on, if the others are ready for it.
   *
   * @param leased whether the lease of this node holds: recovery writes, so it waits for the first
   *     lease, which a newcomer does not have before a quorum answers
   */
  void follow(boolean leased) {
    if (state.is(MembershipPhase.JOINING)) {
      return;
    }
    ViewRecord record = state.newest();
    long epoch = record.epoch();
    boolean leader = record.proposer() == state.settings().node();
    if (!leader) {
      Optional<MembershipMessage.Status> led = state.peers().statusOf(record, record.proposer());
      fenced = grown(fenced, led.map(status -> status.progress().fenced()).orElse(0L));
    }
    if (leased && fenced >= epoch && installed >= epoch && rebuilt < epoch) {
      rebuilt = epoch;
      state.want(new Effect.Rebuild(record, state.former().filter(f -> f.epoch() == epoch - 1)));
    }
    if (complete < epoch && isComplete(record, leader)) {
      complete = grown(complete, epoch);
      state.want(new Effect.Complete(record));
    }
    if (leader
        && deleted < epoch
        && saved >= epoch
        && allOthers(record, s -> s.progress().saved() >= epoch)) {
      deleted = epoch;
      state.want(new Effect.DeleteLogs(record));
    }
  }

  private boolean isComplete(ViewRecord record, boolean leader) {
    long epoch = record.epoch();
    return leader
        ? recovered >= epoch && allOthers(record, s -> s.progress().recovered() >= epoch)
        : state
            .peers()
            .statusOf(record, record.proposer())
            .filter(s -> s.progress().complete() >= epoch)
            .isPresent();
  }

  private boolean allOthers(ViewRecord record, Predicate<MembershipMessage.Status> holds) {
    for (ViewRecord.Entry entry : record.entries()) {
      if (entry.state().belongs()
          && entry.node() != state.settings().node()
          && state.peers().statusOf(record, entry.node()).filter(holds).isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
