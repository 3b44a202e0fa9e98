// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/** The steps of a view change, in order. */
public enum RecoveryPhase {
  /** A node is suspected; it is being found out whether it has stopped. */
  DETECTING(0),
  /** The survivors agree on the next view. */
  ELECTING(5),
  /** The view is being installed; blocks whose directory is lost wait. */
  FREEZING(10),
  /** Nodes outside the view have been fenced off; the redo of failed nodes is being read. */
  REDO_RECOVERY(30),
  /** Masters collect what the members hold. */
  LOCK_RECLAMATION(60),
  /** Masters rebuild their directories; blocks that need no redo are served from here on. */
  REMASTERING(80),
  /** Redo is being applied to the blocks that nobody holds. */
  RESUMING(95),
  /** Every block is served. */
  COMPLETE(100),
  /** The view change was overtaken by the next one, or ended with the node. */
  FAILED(100);

  private final int percent;

  RecoveryPhase(int percent) {
    this.percent = percent;
  }

  /** How far a view change is when it enters this phase, 0 to 100. */
  public int percent() {
    return percent;
  }
}
