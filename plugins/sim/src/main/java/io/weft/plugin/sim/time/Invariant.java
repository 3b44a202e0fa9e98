// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

/** What a simulated cluster must never break; the first ones have their names from the spec. */
public enum Invariant {
  /** A block has one writer or any number of readers in the whole cluster. */
  SWMR("SWMR"),
  /** Whatever can be read is the latest committed version. */
  DATA_VALUE("DataValue"),
  /** A served block that nobody holds is current on disk. */
  SERVED_CURRENT("ServedCurrent"),
  /** A usable block is known to its master, or its node is the requester under way. */
  COVERED("Covered"),
  /** The disk holds no version whose redo is not durable at its writer (R3). */
  DISK_DURABLE("DiskDurable"),
  /** The disk's version of a block never goes back. */
  DISK_MONOTONIC("DiskMonotonic"),
  /** An image that leaves its node has durable redo at its writer (R2). */
  DURABLE_AT_SHIP("DurableAtShip"),
  /** The versions of a block are 1, 2, 3, ..., each written once. */
  VERSIONS_DENSE("VersionsDense"),
  /** A change happens as a whole and as declared, or not at all (S1). */
  ATOMIC_CHANGE("AtomicChange"),
  /** Memory handed out for sending or writing stays unchanged until given back (S5, BS-6). */
  IMAGE_UNCHANGED("ImageUnchanged"),
  /** A strict read shows only what is durable; a commit is acknowledged when it is (S6). */
  STRICT_READ("StrictRead"),
  /** No two nodes serve a block at the same time, in one epoch or in two (P4). */
  ONE_MASTER("OneMaster"),
  /** What was acknowledged is on disk for good, or in redo that is kept (P3, R17). */
  DURABLE("Durable"),
  /** Nothing stands on a version that is lost. */
  NO_LOSS("NoLoss"),
  /** A node keeps no more past images than its bound allows. */
  PAST_IMAGES_BOUNDED("PastImagesBounded"),
  /** A master knows no more blocks than its directory allows, while no view changes (S14). */
  DIRECTORY_BOUNDED("DirectoryBounded"),
  /** A process commits with larger numbers than all that was committed before it began. */
  SCN_GROWS("ScnGrows"),
  /** The members of a view work on one storage, with the same settings. */
  SAME_TERMS("SameTerms"),
  /** The lists of members of two records after each other differ in at most one member. */
  ONE_CHANGE("OneChange"),
  /** The nodes of a view are members. */
  VIEW_IN_LIST("ViewInList"),
  /** A view that is formed anew, or changes the list, has a quorum of its list. */
  QUORUM_OF_LIST("QuorumOfList"),
  /** The members of a view begin with the same master map (R48, RD-1). */
  SAME_MAPS("SameMaps"),
  /** Two users hold a lock only in modes that do not exclude each other (LK-1). */
  LOCKS_EXCLUDE("Excluded"),
  /** A valid value of a lock is the one written last (LK-4). */
  LOCK_VALUE("ValueCurrent"),
  /** Every call is answered in the end. */
  GRANTED("Granted"),
  /** After draining, the disk is current and nothing is held. */
  DRAINED("Drained"),
  /** No node stops by itself. */
  NODE_RUNS("NodeRuns"),
  /** The engine uses its SPIs as their rules say. */
  CONTRACT("Contract");

  private final String title;

  Invariant(String title) {
    this.title = title;
  }

  /** The name as the specification writes it. */
  public String title() {
    return title;
  }
}
