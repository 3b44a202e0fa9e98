// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.spec;

import io.weft.api.NodeSet;

/**
 * The safety rules of the protocol, with the numbers and names of the specification. Handlers take
 * these decisions only here, so that a test can break exactly one rule and show that the checkers
 * notice. Production uses {@link #STANDARD}.
 */
public class Rules {
  /** The rules as specified. */
  public static final Rules STANDARD = new Rules();

  /** For {@link #STANDARD} and for tests that break a rule. */
  protected Rules() {}

  /** R2: a block is shipped only when the redo of its node for it is durable. */
  public boolean flushedBeforeShip(long redoLsn, long durableLsn) {
    return redoLsn <= durableLsn;
  }

  /** R3: write-ahead: a block goes to disk only when its redo is durable. */
  public boolean flushedBeforeWrite(long redoLsn, long durableLsn) {
    return redoLsn <= durableLsn;
  }

  /** R4: a block leaves its node only when no disk write of it is in progress. */
  public boolean ioIdle(boolean writing) {
    return !writing;
  }

  /** R5: a changed image that leaves, or is invalidated, stays as past image. */
  public boolean keepsPastImage(boolean dirty) {
    return dirty;
  }

  /** R6: a block is given up voluntarily only when it is on disk. */
  public boolean clean(boolean dirty) {
    return !dirty;
  }

  /** R6, second half: the image is freed only when the master has answered the release. */
  public boolean waitsForReleaseAnswer() {
    return true;
  }

  /** R7: a request is complete when every invalidation is acknowledged. */
  public boolean allAcked(int missing) {
    return missing == 0;
  }

  /** R8: every other sharer is invalidated before an exclusive grant. */
  public NodeSet others(NodeSet sharers, int requester, int source) {
    return sharers.without(requester).without(source);
  }

  /** R9: one transaction per block: the next starts after Done. */
  public boolean idle(boolean transactionUnderWay) {
    return !transactionUnderWay;
  }

  /**
   * R10: a release that crosses a transaction involving its sender is not accepted. If the
   * transaction is for exclusive access, the release is refused, and the forward or invalidation to
   * the sender takes the block. If it is for a shared copy that the sender ships, the release waits
   * for Done.
   */
  public boolean crossing(boolean transactionUnderWay, boolean exclusive, boolean senderIsSource) {
    return transactionUnderWay && (exclusive || senderIsSource);
  }

  /** R19: a block whose release is pending is neither read nor changed. */
  public boolean frozen(boolean releasing) {
    return releasing;
  }

  /** R1: a message is handled only in the epoch it was sent in. */
  public boolean isOfEpoch(long messageEpoch, long epoch) {
    return messageEpoch == epoch;
  }

  /** R11: a block whose release is pending at a change of epoch is reported as given up. */
  public boolean reportsReleasing() {
    return false;
  }

  /** R13: a master serves only when every member has reported. */
  public boolean allReported(int missing) {
    return missing == 0;
  }

  /** R13: a member has reported when all parts of its report have arrived, in any order. */
  public boolean allParts(int seen, int parts) {
    return seen == parts;
  }

  /** R16: if the header of a block is unreadable, redo may lack its newest version. */
  public boolean mayLackNewest(boolean headerUnreadable) {
    return headerUnreadable;
  }

  /** R3: a write that found no space is repeated; until then the block stays dirty. */
  public boolean writesAgain(boolean foundNoSpace) {
    return foundNoSpace;
  }

  /** R15: recovery starts from the newest of disk and the past images. */
  public boolean needsPastImage(long diskVersion, long pastVersion) {
    return pastVersion > diskVersion;
  }

  /** R18: a request that is open at a change of epoch is sent again. */
  public boolean repeatsRequests() {
    return true;
  }

  /**
   * A surviving master keeps the entries that no open transaction and no node outside the view can
   * have changed.
   */
  public boolean keepsEntry(boolean idle, boolean insidersOnly) {
    return idle && insidersOnly;
  }

  /**
   * R33: a busy entry that involves only remaining members is rebuilt without waiting for the
   * fence.
   */
  public boolean sparesFence(boolean insidersOnly) {
    return insidersOnly;
  }

  /** A release that is pending at a change of epoch is sent again. */
  public boolean repeatsReleases() {
    return true;
  }

  /** R20: a node whose prefetch is refused does not become a sharer. */
  public boolean sharesAfterRefusal() {
    return false;
  }

  /** R21: if callers wait when a prefetch is refused, a mandatory request is sent for them. */
  public boolean asksAgain() {
    return true;
  }

  /** R22: the master is informed of a failed read. */
  public boolean closesFailed() {
    return true;
  }

  /** R23: a node that could not read the block does not hold it. */
  public boolean holdsAfterDone(boolean failed) {
    return !failed;
  }

  /** R26: a release of a block that is not held is accepted; R10 decides about the others. */
  public boolean refusesRelease(boolean holds, boolean crosses) {
    return holds && crosses;
  }

  /** R29: a master that has skipped a view keeps no entry of its directory. */
  public boolean nothingSkipped(long view, long before) {
    return view == before + 1;
  }

  /** R31: a node reports what it holds only after its own writes of older epochs have ended. */
  public boolean settled(int oldWrites) {
    return oldWrites == 0;
  }

  /**
   * R36: a write is taken as stable, by its writer and by all other nodes, only after its writer
   * has forced it.
   */
  public boolean countsOnlyForced() {
    return true;
  }

  /**
   * R37: recovery writes again a block that it reads from disk, because its writer may not have
   * forced it.
   */
  public boolean writesFoundAgain() {
    return true;
  }

  /** R39: a block moves to another master only while its master serves it. */
  public boolean movable(boolean served) {
    return served;
  }

  /** R40: no transaction of a block begins that is to move. */
  public boolean frozenForMove() {
    return true;
  }

  /** R41: a bucket is handed over when none of its transactions is open. */
  public boolean closed(int openTransactions) {
    return openTransactions == 0;
  }

  /** R42: with the transfer of a bucket its former master ceases to serve it. */
  public boolean ceasesToServe() {
    return true;
  }

  /** R43: queued requests move with the bucket. */
  public boolean queueTravels() {
    return true;
  }

  /** R45: a node learns of a move only if it knows of none with that number or a higher one. */
  public boolean isNews(int number, int known) {
    return number > known;
  }

  /** R46: a request or release that the former master has not taken is sent again. */
  public boolean repeatsMoved() {
    return true;
  }

  /** R47: the master that began a transaction is informed of its end, whatever the map says. */
  public int closer(int began, int mapped) {
    return began;
  }

  /** R49: a bucket that was handed over is not kept at a view change. */
  public boolean keepsSent() {
    return false;
  }

  /** S14: a block that nobody holds becomes known only while the directory has room. */
  public boolean hasRoom(int entries, int most) {
    return entries <= most;
  }

  /**
   * A checkpoint does not rely on the version of a block that a change has pinned: the change may
   * have logged, before the checkpoint began, what the block does not show yet.
   */
  public boolean mayBeLogged(boolean underChange) {
    return underChange;
  }

  /**
   * A dirty block that leaves, or is invalidated, is written first if the bound of past images is
   * reached.
   */
  public boolean noRoom(boolean pastImagesFull) {
    return pastImagesFull;
  }

  /** A past image is dropped when the disk has its version or a newer one. */
  public boolean pastIsOnDisk(long pastVersion, long diskVersion) {
    return pastVersion <= diskVersion;
  }

  /** The image of a dirty block is dirty at its receiver, too. */
  public boolean arrivesDirty(boolean dirty) {
    return dirty;
  }
}
