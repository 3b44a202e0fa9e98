// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.BlockId;
import io.weft.spi.redo.RedoRecord;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares each redo record with what the user has written who commits at that moment, and the
 * numbers of commits with those before. Tells the history.
 */
final class CommitChecks implements NodeLog.Listener {
  /** A user who commits. */
  interface Committer {
    /** Where it commits. */
    Life life();

    /** Its change is in the log. */
    void logged();

    /** Whether it has written exactly this version of a block. */
    boolean wrote(int block, long version);
  }

  /**
   * A commit under way.
   *
   * @param blocks changed in it
   * @param interruptions how many there had been when it began
   */
  private record Commit(Committer by, int blocks, long interruptions) {}

  private final Simulation simulation;
  private final SimOptions options;
  private final History history;
  private final Blocks blocks;
  private final Interruptions interruptions;

  /** Who commits at this moment, each interrupted by the next. */
  private final ArrayDeque<Commit> commits = new ArrayDeque<>();

  /** The largest SCN that this life, or another one before it, has committed with. */
  private final Map<Life, Long> scnFloor = new HashMap<>();

  private long newestScn;

  CommitChecks(
      Simulation simulation, SimOptions options, History history, Interruptions interruptions) {
    this.simulation = simulation;
    this.options = options;
    this.history = history;
    this.blocks = history.blocks();
    this.interruptions = interruptions;
  }

  /** A life begins: it commits with greater numbers than there have been. */
  void started(Life life) {
    scnFloor.put(life, newestScn);
  }

  /** A process has ended, and what it was about to commit. */
  void died(Life life) {
    commits.removeIf(commit -> commit.by.life() == life);
  }

  /** A user begins to commit. */
  void begin(Committer by, int changedBlocks) {
    commits.push(new Commit(by, changedBlocks, interruptions.count()));
  }

  /** The commit has been made, or was empty. */
  void end(Committer by) {
    if (by.life().isDead()) {
      return; // in the midst of it
    }
    if (commits.isEmpty() || commits.peek().by != by) {
      simulation.violate(Invariant.ATOMIC_CHANGE, by + " commits beside another");
    }
    commits.poll();
  }

  @Override
  public void onAppend(Life life, long lsn, RedoRecord record) {
    if (options.actors() == 0) {
      history.append(life, lsn, record); // a script commits
      return;
    }
    Commit commit = commits.peek();
    if (commit == null || commit.by.life() != life) {
      simulation.violate(Invariant.ATOMIC_CHANGE, life + " logs what nobody commits");
      return;
    }
    Committer committing = commit.by;
    if (!life.views().leaseHolds() && commit.interruptions == interruptions.count()) {
      simulation.violate(Invariant.CONTRACT, life + " commits without a lease");
      return;
    }
    if (record.blocks() != commit.blocks) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          committing + " changed " + commit.blocks + " blocks, the record has " + record.blocks());
    }
    committing.logged();
    history.append(life, lsn, record);
    checkScn(life, record.scn());
    for (int i = 0; i < record.blocks(); i++) {
      int block = blocks.indexOf(record.file(i), record.number(i));
      if (block < 0 || !committing.wrote(block, record.version(i))) {
        simulation.violate(
            Invariant.ATOMIC_CHANGE,
            committing
                + " wrote something else than version "
                + record.version(i)
                + " of block "
                + new BlockId(record.file(i), record.number(i)));
      }
    }
  }

  /** Numbers of commits grow: all that was committed before a life began has smaller ones. */
  private void checkScn(Life life, long scn) {
    if (options.faults().clusterMembership().isPresent() && scn <= scnFloor.get(life)) {
      simulation.violate(
          Invariant.SCN_GROWS,
          life + " commits with SCN " + scn + " after there was " + scnFloor.get(life));
    }
    scnFloor.merge(life, scn, Math::max);
    newestScn = Math.max(newestScn, scn);
  }
}
