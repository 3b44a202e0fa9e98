// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.BlockId;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.node.Interruptions;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.spi.redo.RedoRecord;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares each redo record with what the user has written who commits at that moment, and the
 * numbers of commits with those before. Tells the history.
 */
public final class CommitChecks implements NodeLog.Listener {
  /** A user who commits. */
  interface Committer {
    /** Where it commits. */
    SimProcess process();

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

  /** A commit, and the version that it gave a block. */
  private record LastCommit(SimProcess process, long version, long scn) {}

  private final Simulation simulation;
  private final SimOptions options;
  private final History history;
  private final Blocks blocks;
  private final Interruptions interruptions;

  /** Who commits at this moment, each interrupted by the next. */
  private final ArrayDeque<Commit> commits = new ArrayDeque<>();

  /** The least SCN that this process may commit with. */
  private final Map<SimProcess, Long> scnFloor = new HashMap<>();

  /** The last commit of each block. */
  private final Map<Integer, LastCommit> lastCommits = new HashMap<>();

  private long newestScn;

  public CommitChecks(
      Simulation simulation, SimOptions options, History history, Interruptions interruptions) {
    this.simulation = simulation;
    this.options = options;
    this.history = history;
    this.blocks = history.blocks();
    this.interruptions = interruptions;
  }

  /** A process begins: it commits with greater numbers than there have been. */
  public void started(SimProcess process) {
    scnFloor.put(process, newestScn + 1);
  }

  /** A process has ended, and what it was about to commit. */
  public void died(SimProcess process) {
    commits.removeIf(commit -> commit.by.process() == process);
  }

  /** A user begins to commit. */
  public void begin(Committer by, int changedBlocks) {
    commits.push(new Commit(by, changedBlocks, interruptions.count()));
  }

  /** The commit has been made, or was empty. */
  void end(Committer by) {
    if (by.process().isDead()) {
      return; // in the midst of it
    }
    if (commits.isEmpty() || commits.peek().by != by) {
      simulation.violate(Invariant.ATOMIC_CHANGE, by + " commits beside another");
    }
    commits.poll();
  }

  @Override
  public void onAppend(SimProcess process, long lsn, RedoRecord record) {
    if (options.actors() == 0) {
      history.append(process, lsn, record); // a script commits
      return;
    }
    Commit commit = commits.peek();
    if (commit == null || commit.by.process() != process) {
      simulation.violate(Invariant.ATOMIC_CHANGE, process + " logs what nobody commits");
      return;
    }
    Committer committing = commit.by;
    if (!process.views().leaseHolds() && commit.interruptions == interruptions.count()) {
      simulation.violate(Invariant.CONTRACT, process + " commits without a lease");
      return;
    }
    if (record.blocks() != commit.blocks) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          committing + " changed " + commit.blocks + " blocks, the record has " + record.blocks());
    }
    committing.logged();
    history.append(process, lsn, record);
    checkScn(process, record.scn());
    for (int i = 0; i < record.blocks(); i++) {
      int block = blocks.indexOf(record.file(i), record.number(i));
      checkScn(block, new LastCommit(process, record.version(i), record.scn()));
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

  /**
   * Numbers of commits do not decrease at a process, and all that was committed before it began has
   * smaller ones.
   */
  private void checkScn(SimProcess process, long scn) {
    if (options.faults().clusterMembership().isPresent() && scn < scnFloor.get(process)) {
      simulation.violate(
          Invariant.SCN_GROWS,
          process + " commits with SCN " + scn + ", but has to use " + scnFloor.get(process));
    }
    scnFloor.merge(process, scn, Math::max);
    newestScn = Math.max(newestScn, scn);
  }

  /**
   * A block that another process has changed before has reached this one with a smaller number,
   * unless that change was lost: then its version is made again.
   */
  private void checkScn(int block, LastCommit now) {
    LastCommit last = lastCommits.put(block, now);
    if (options.faults().clusterMembership().isPresent() // others reserve no numbers
        && last != null
        && last.process != now.process
        && last.version < now.version
        && now.scn <= last.scn) {
      simulation.violate(
          Invariant.SCN_GROWS,
          now.process
              + " commits with SCN "
              + now.scn
              + " a block that was changed with SCN "
              + last.scn);
    }
  }
}
