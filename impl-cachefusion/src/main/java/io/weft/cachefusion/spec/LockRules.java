// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

import io.weft.api.LockMode;

/**
 * The rules of the global locks, with the numbers and names of the specification GlobalLocks. The
 * state machines take these decisions only here, so that a test can break exactly one rule and show
 * that the checkers notice. Production uses {@link #STANDARD}.
 */
public class LockRules {
  /** The rules as specified. */
  public static final LockRules STANDARD = new LockRules();

  /** For {@link #STANDARD} and for tests that break a rule. */
  protected LockRules() {}

  /** L1: a message is handled only in the epoch it was sent in. */
  public boolean isOfEpoch(long messageEpoch, long epoch) {
    return messageEpoch == epoch;
  }

  /** L2: a node gives its owners only what its own mode covers. */
  public boolean isCovered(LockMode nodeMode, LockMode mode) {
    return nodeMode.covers(mode);
  }

  /** L3: an owner gets only what the other owners of its node may hold beside it. */
  public boolean amongOwners(boolean compatible) {
    return compatible;
  }

  /** L4: a node lowers its mode only as far as its owners have released. */
  public boolean isDrained(LockMode target, LockMode held) {
    return target.covers(held);
  }

  /** L5: a master grants only what all other nodes may hold beside it. */
  public boolean amongNodes(boolean compatible) {
    return compatible;
  }

  /** L6: a Down counts only for the grant it names. */
  public boolean isForGrant(long named, long present) {
    return named == present;
  }

  /** L7: a node says so when it does not have what it was granted. */
  public boolean saysWhatItDoesNotHold() {
    return true;
  }

  /** L8: a request asks for no less than the node has. */
  public boolean asksNoLess(LockMode asked, LockMode nodeMode) {
    return asked.covers(nodeMode);
  }

  /** L9: a master forgets a lock only when no node holds it. */
  public boolean isUnused(boolean nobodyHolds) {
    return nobodyHolds;
  }

  /** L10: of two values the one with the newer version counts. */
  public boolean isNewerValue(long known, long brought) {
    return brought > known;
  }

  /** L11: a master serves a rebuilt lock only when every member has reported. */
  public boolean allReported(int missing) {
    return missing == 0;
  }

  /** L12: and when all nodes outside the view have certainly stopped. */
  public boolean leasesOver(boolean over) {
    return over;
  }

  /** L13: a kept value is lost if a stopped node held a writing mode. */
  public boolean isLostByRepair(boolean outsiderWrote) {
    return outsiderWrote;
  }

  /** L13: a value without a former master is lost unless a member excludes writers. */
  public boolean isLostByRebuild(boolean memberExcludesWriters) {
    return !memberExcludesWriters;
  }

  /** L14: requests that are not answered are sent again in a new epoch. */
  public boolean sendsRequestsAgain() {
    return true;
  }

  /** L14: Downs that are not acknowledged are sent again in a new epoch. */
  public boolean sendsDownsAgain() {
    return true;
  }

  /** L15: a grant counts only if it is newer than the one the node has. */
  public boolean isNewGrant(long known, long brought) {
    return brought > known;
  }

  /** L16: a master that has skipped a view rebuilds. */
  public boolean nothingSkipped(long installed, long epoch) {
    return installed == epoch - 1;
  }

  /** L17: conversions go before new requests in the master's queue. */
  public boolean conversionsFirst() {
    return true;
  }

  /** L18: a request that the master has seen is not queued again. */
  public boolean isKnown(long request, long seen) {
    return request <= seen;
  }

  /** L19: the number of the last grant, for a lock that the node has forgotten. */
  public long numbersOn(long now) {
    return now;
  }

  /** L19: the version of the value, for a lock that the master has forgotten. */
  public long versionsOn(long now) {
    return now;
  }

  /** L20: a revocation is taken back when nobody waits any more for what it would free. */
  public boolean isTakenBack(boolean nobodyWaits) {
    return nobodyWaits;
  }

  /** L21: of two revocations of a grant the one with the higher number counts. */
  public boolean isLaterRevocation(int known, int brought) {
    return brought > known;
  }

  /** L22: who hands a lock over serves it no more. */
  public boolean ceasesToServe() {
    return true;
  }

  /** L23: a message that a former master has not taken is sent again, to the present one. */
  public boolean sendsAgain() {
    return true;
  }

  /** L24: a node takes a new master for its map if the number of the move is higher. */
  public boolean isNews(int number, int known) {
    return number > known;
  }

  /** L25: a lock is handed over only when it is served: neither rebuilt nor repaired. */
  public boolean mayHandOver(boolean served) {
    return served;
  }
}
