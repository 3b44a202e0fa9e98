// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The steps of a view change, in order. */
public enum RecoveryPhase {
  /** A node is suspected. The members are checking whether it has stopped. */
  DETECTING(0),
  /** The surviving members are agreeing on the next view. */
  ELECTING(5),
  /** The view is being installed. Requests for blocks whose directory entry is lost wait. */
  FREEZING(10),
  /** Nodes outside the view have been fenced. The redo of failed nodes is being read. */
  REDO_RECOVERY(30),
  /** Masters are collecting the members' reports of the blocks that they hold. */
  LOCK_RECLAMATION(60),
  /**
   * Masters are rebuilding their directories. Blocks that need no redo are served from this phase
   * on.
   */
  REMASTERING(80),
  /** Redo is being applied to the blocks that no member holds. */
  RESUMING(95),
  /** Every block is served. */
  COMPLETE(100),
  /** The view change was superseded by the next one, or the node stopped during it. */
  FAILED(100);

  private final int percent;

  RecoveryPhase(int percent) {
    this.percent = percent;
  }

  /** Progress of a view change when it enters this phase, in percent, 0 to 100. */
  public int percent() {
    return percent;
  }
}
