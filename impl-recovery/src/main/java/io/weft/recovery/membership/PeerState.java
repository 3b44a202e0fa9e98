// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.FailureDetector;
import java.util.Optional;

/** What this node knows of another node. Owned by {@link ViewAgreement}. */
final class PeerState {
  /** What the registry has said of the incarnation that has connected. */
  private enum LockLook {
    DUE,
    ASKED,
    KNOWN
  }

  /** How long messages of a broken connection may still come in. */
  private static final long UNDER_WAY_NS = 10_000_000;

  private final int node;
  private long newest;
  private boolean session;
  private long brokenNs = MembershipLease.NEVER;
  private boolean lost;
  private boolean goodbye;
  private long stopped;
  private Optional<FailureDetector.Watch> watch = Optional.empty();

  /** At which intervals its statuses have to come; 0 if none have to. */
  private long expectedNs;

  private Optional<MembershipMessage.Status> status = Optional.empty();
  private long ackedNs = MembershipLease.NEVER;
  private long heardNs = MembershipLease.NEVER;
  private long connectedNs = MembershipLease.NEVER;
  private long unwillingSinceNs = MembershipLease.NEVER;
  private long passedOverUntilNs = MembershipLease.NEVER;
  private LockLook lockLook = LockLook.DUE;
  private boolean lookedAsNewcomer;
  private long lockFreeNs = MembershipLease.NEVER;
  private boolean asking;
  private long askDelayNs;
  private int answers;

  /**
   * A node that has not connected.
   *
   * @param expectedNs at which intervals its statuses have to come; 0 if none have to
   */
  PeerState(int node, long expectedNs) {
    this.node = node;
    this.expectedNs = expectedNs;
  }

  int node() {
    return node;
  }

  // ---- the session

  /**
   * A session with an incarnation begins; all that was known of earlier incarnations is history.
   */
  void onConnected(long incarnation, Optional<FailureDetector.Watch> fresh, long now) {
    if (incarnation != newest) {
      status = Optional.empty();
      lockLook = LockLook.DUE;
      lockFreeNs = MembershipLease.NEVER;
      ackedNs = MembershipLease.NEVER;
      lost = false;
      goodbye = false;
      unwillingSinceNs = MembershipLease.NEVER;
      passedOverUntilNs = MembershipLease.NEVER;
    }
    newest = incarnation;
    session = true;
    answers = 0;
    brokenNs = MembershipLease.NEVER;
    connectedNs = now;
    watch = fresh;
  }

  void onDisconnected(long incarnation, long now) {
    if (incarnation == newest && session) {
      answers = 0;
      brokenNs = now;
    }
  }

  void onGoodbye(long incarnation) {
    if (incarnation == newest) {
      session = false;
      goodbye = true;
    }
  }

  void onLost(long incarnation) {
    if (incarnation == newest) {
      session = false;
      lost = true;
    }
  }

  /** Whether messages to it will arrive, now or when its connection is resumed. */
  boolean hasSession() {
    return session;
  }

  /** Whether it has a connection. */
  boolean isConnected() {
    return session && brokenNs == MembershipLease.NEVER;
  }

  /** The incarnation that has connected last; 0 if none has. */
  long incarnation() {
    return newest;
  }

  // ---- what it says

  /** Takes in a status; false if a newer one, or one of another incarnation, is known. */
  boolean onStatus(MembershipMessage.Status next, long ownIncarnation, long now, long detectorNs) {
    if (next.incarnation() != newest
        || !session
        || status.isPresent() && status.get().sentNs() >= next.sentNs()) {
      return false;
    }
    status = Optional.of(next);
    heardNs = now;
    answers = 0;
    if (next.echoOf()
        == ownIncarnation) { // else it does not know yet that this incarnation has begun
      ackedNs = Math.max(ackedNs, next.echoNs());
    }
    // What was under way when the connection broke shows nothing about now.
    if (brokenNs == MembershipLease.NEVER || now - brokenNs > UNDER_WAY_NS) {
      brokenNs = MembershipLease.NEVER;
      watch.ifPresent(w -> w.heard(detectorNs));
    }
    return true;
  }

  /** Its newest status, of the incarnation that has connected last. */
  Optional<MembershipMessage.Status> status() {
    return status;
  }

  /** The newest status of exactly this incarnation. */
  Optional<MembershipMessage.Status> status(long incarnation) {
    return status.filter(s -> s.incarnation() == incarnation);
  }

  /** When the newest message of this node left that it has answered. */
  long ackedNs() {
    return ackedNs;
  }

  long silenceNs(long now) {
    return now - heardNs;
  }

  /** When its newest message came, or its newest session began. */
  long inTouchNs() {
    return Math.max(heardNs, connectedNs);
  }

  boolean is(MembershipPhase phase) {
    return status.filter(s -> s.phase() == phase).isPresent();
  }

  /** Whether it is here and asks to be taken in. */
  boolean isJoining() {
    return isConnected() && is(MembershipPhase.JOINING);
  }

  /** It has voted for a view that it will be in. */
  void onGranted() {
    unwillingSinceNs = MembershipLease.NEVER;
  }

  /** It was asked for its vote in vain. Whether that has been so for a time. */
  boolean isUnwilling(long now, long patienceNs) {
    unwillingSinceNs = unwillingSinceNs == MembershipLease.NEVER ? now : unwillingSinceNs;
    return now - unwillingSinceNs >= patienceNs;
  }

  /** Views are proposed without it until then. */
  void passOver(long untilNs) {
    passedOverUntilNs = untilNs;
    unwillingSinceNs = MembershipLease.NEVER;
  }

  boolean isPassedOver(long now) {
    return now < passedOverUntilNs;
  }

  /** Whether this incarnation goes, or has gone, as planned: it has given up everything. */
  boolean isLeaving(long incarnation) {
    return status(incarnation).filter(s -> s.phase() == MembershipPhase.LEAVING).isPresent();
  }

  // ---- whether it runs

  /** Begins to watch a member that has never connected, or of which nothing was expected. */
  void watch(FailureDetector.Watch fresh) {
    if (watch.isEmpty()) {
      watch = Optional.of(fresh);
    }
  }

  /** At which intervals its statuses have to come; 0 if none have to. */
  long expectedNs() {
    return expectedNs;
  }

  /** From here on its statuses have to come at other intervals: no watch has begun. */
  void expect(long everyNs) {
    expectedNs = everyNs;
    watch = Optional.empty();
  }

  /** An incarnation, and all before it, have certainly ended. */
  void onStopped(long incarnation) {
    stopped = Math.max(stopped, incarnation);
  }

  boolean hasStopped(long incarnation) {
    return stopped >= incarnation || newest > incarnation;
  }

  /** Whether an incarnation cannot be worked with. */
  boolean hasFailed(long incarnation, long detectorNs) {
    return hasStopped(incarnation)
        || newest == incarnation && (lost || goodbye)
        || watch.filter(w -> w.suspicion(detectorNs) >= 1).isPresent();
  }

  /** Why an incarnation cannot be worked with, for people. */
  String whyFailed(long incarnation, long detectorNs) {
    if (hasStopped(incarnation)) {
      return newest > incarnation ? "a later incarnation of it is here" : "its process has ended";
    }
    if (newest == incarnation && (lost || goodbye)) {
      return goodbye ? "it has said goodbye" : "the session with it is lost";
    }
    return watch.map(w -> w.evidence(detectorNs)).orElse("it has never been heard of");
  }

  // ---- whether the registry shows that it runs

  /**
   * Whether the registry should be asked now whether it runs; the answer is awaited from then on.
   *
   * @param newcomer whether the asker is no member yet
   */
  boolean mayLookAtLock(boolean newcomer) {
    boolean may = lockLook == LockLook.DUE && isConnected() && status.isPresent();
    if (may) {
      lockLook = LockLook.ASKED;
      lookedAsNewcomer = newcomer;
    }
    return may;
  }

  /** The registry could not be asked. */
  void onLockUnknown(long incarnation) {
    if (incarnation == newest) {
      lockLook = LockLook.DUE;
    }
  }

  void onLockLook(long incarnation, boolean free, long now) {
    if (incarnation == newest) {
      lockLook = LockLook.KNOWN;
      lockFreeNs = free ? now : MembershipLease.NEVER;
    }
  }

  /**
   * Whether it has answered what left this node after the registry had shown that it has ended. A
   * incarnation that ends gives its lock back after its last message, so then locks mean nothing.
   */
  boolean belies() {
    return lockFreeNs != MembershipLease.NEVER && ackedNs > lockFreeNs;
  }

  /** Whether this node was no member yet when it looked. */
  boolean wasLookedAtByANewcomer() {
    return lookedAsNewcomer;
  }

  // ---- questions to the registry

  /** Whether the registry should be asked now; the answer is awaited from then on. */
  boolean mayAsk() {
    boolean may = !asking;
    asking = true;
    return may;
  }

  void onAnswered() {
    asking = false;
    answers++;
  }

  /**
   * Whether the registry still has to say whether it has ended, since this node was last in touch
   * with it. The first answer may be one to a question that is older than that.
   */
  boolean isUnproved() {
    return answers < 2;
  }

  /** How long to wait before the next question: doubling, as long as there is no news. */
  long nextAskDelay(long firstNs, long longestNs) {
    askDelayNs = askDelayNs == 0 ? firstNs : Math.min(2 * askDelayNs, longestNs);
    return askDelayNs;
  }

  void resetAskDelay() {
    askDelayNs = 0;
  }
}
