// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.history;

import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ghost of the simulation: every version that was ever committed, with its writer, its place in
 * the writer's redo log and a checksum of the block's content; and the latest content. The engine
 * never reads it; whatever the engine shows, ships or stores is compared with it.
 *
 * <p>A version whose redo had not become durable when its writer died never happened: it is taken
 * out again, and its number is free for another.
 */
public final class History {
  private static final int NOBODY = -1;

  private final Simulation simulation;
  private final Blocks blocks;
  private final int contentBytes;
  private final List<Past> pasts = new ArrayList<>();
  private final List<SimProcess> processes = new ArrayList<>();
  private final List<RedoEnds> redo = new ArrayList<>();
  private final Arena arena = Arena.ofConfined();
  private long truncated;

  /** Where the redo of a process begins and ends. */
  public interface RedoEnds {
    /** Everything up to here survives whatever happens. */
    long durableLsn();

    /** Everything up to here has been forgotten. */
    long forgottenLsn();
  }

  /** What the disk has of every block, whatever happens. */
  public interface StableVersions {
    /** The newest version that was stable: redo of older ones is not needed any more. */
    long stableVersion(int block);

    /** The version of a quarantined block that was kept beside it; 0 if none was. */
    long savedVersion(int block);
  }

  /** What is known of one block. */
  private static final class Past {
    final MemorySegment content;
    long latest;
    int[] writers = new int[64];
    long[] lsns = new long[64];
    int[] checksums = new int[64];
    boolean[] promised = new boolean[64];
    byte[][] images = new byte[64][];

    /** The oldest version whose image is kept. */
    long oldestImage;

    Past(MemorySegment content) {
      this.content = content;
    }

    void grow(int at) {
      if (at == writers.length) {
        writers = Arrays.copyOf(writers, at * 2);
        lsns = Arrays.copyOf(lsns, at * 2);
        checksums = Arrays.copyOf(checksums, at * 2);
        promised = Arrays.copyOf(promised, at * 2);
        images = Arrays.copyOf(images, at * 2);
      }
    }
  }

  public History(Simulation simulation, Blocks blocks) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.contentBytes = blocks.layout().contentBytes();
    for (int block = 0; block < blocks.count(); block++) {
      Past past = new Past(arena.allocate(contentBytes, 8));
      past.writers[0] = NOBODY;
      past.checksums[0] = simulation.checksum(past.content);
      past.images[0] = past.content.toArray(ValueLayout.JAVA_BYTE);
      pasts.add(past);
    }
  }

  /** A process begins, whose redo is there. */
  public void begin(SimProcess process, RedoEnds ends) {
    if (process.index() != processes.size()) {
      throw new IllegalStateException(process + " has index " + process.index());
    }
    processes.add(process);
    redo.add(ends);
  }

  public Blocks blocks() {
    return blocks;
  }

  /** The latest committed version. */
  public long latest(int block) {
    return pasts.get(block).latest;
  }

  /** The latest version whose redo is durable. */
  long latestDurable(int block) {
    long version = latest(block);
    while (!isDurable(block, version)) {
      version--;
    }
    return version;
  }

  /** How many versions never happened. */
  public long truncated() {
    return truncated;
  }

  /** Whether the redo of a version is durable at its writer. */
  public boolean isDurable(int block, long version) {
    if (version == 0) {
      return true;
    }
    Past past = pasts.get(block);
    int at = (int) version;
    return version <= past.latest && past.lsns[at] <= redo.get(past.writers[at]).durableLsn();
  }

  /** Takes in what {@code process} commits, under the LSN that its log gives it. */
  public void append(SimProcess process, long lsn, RedoRecord record) {
    for (int i = 0; i < record.blocks(); i++) {
      int block = blocks.indexOf(record.file(i), record.number(i));
      if (block < 0) {
        simulation.violate(
            Invariant.ATOMIC_CHANGE, process + " commits a block that nobody changed");
        return;
      }
      append(process, lsn, block, record, i);
    }
  }

  private void append(SimProcess process, long lsn, int block, RedoRecord record, int index) {
    long version = record.version(index);
    Past past = pasts.get(block);
    if (version != past.latest + 1) {
      simulation.violate(
          Invariant.VERSIONS_DENSE,
          process + " commits version " + version + " of " + describe(block));
      return;
    }
    checkLsn(process, lsn, block, record);
    MemorySegment now = past.content;
    MemorySegment content = record.content(index);
    for (int range = 0; range < record.ranges(index); range++) {
      int offset = record.rangeOffset(index, range);
      MemorySegment.copy(content, offset, now, offset, record.rangeLength(index, range));
    }
    long difference = now.mismatch(content);
    if (difference >= 0) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          process
              + " commits version "
              + version
              + " of "
              + blocks.name(block)
              + ", whose content differs from byte "
              + difference
              + " on outside the ranges");
      return;
    }
    int at = (int) version;
    past.grow(at);
    past.latest = version;
    past.writers[at] = process.index();
    past.lsns[at] = lsn;
    past.checksums[at] = simulation.checksum(now);
    past.promised[at] = false;
    past.images[at] = now.toArray(ValueLayout.JAVA_BYTE);
    while (past.oldestImage + 1 < version && isDurable(block, past.oldestImage + 1)) {
      past.images[(int) past.oldestImage++] = new byte[0];
    }
  }

  /**
   * The record is after the last one of the block, if that is of the same process (RL-8). The
   * engine says so unless the block may have left the process meanwhile, which needs durable redo.
   */
  private void checkLsn(SimProcess process, long lsn, int block, RedoRecord record) {
    Past past = pasts.get(block);
    int at = (int) past.latest;
    if (past.writers[at] != process.index()) {
      return;
    }
    long before = past.lsns[at];
    boolean mayHaveLeft = before <= redo.get(process.index()).durableLsn();
    if (lsn <= before || lsn <= record.seenLsn() || !mayHaveLeft && record.seenLsn() < before) {
      simulation.violate(
          Invariant.CONTRACT,
          process
              + " logs version "
              + (at + 1)
              + " of "
              + blocks.name(block)
              + " with LSN "
              + lsn
              + " after LSN "
              + before
              + ", and has seen LSN "
              + record.seenLsn());
    }
  }

  /** A caller was told that this version is durable. */
  public void promise(int block, long version) {
    pasts.get(block).promised[(int) version] = true;
  }

  /** The redo of {@code process} ends at {@code lsn} for ever: what came later never happened. */
  public void truncate(SimProcess process, long lsn) {
    for (int block = 0; block < blocks.count(); block++) {
      Past past = pasts.get(block);
      long first = past.latest + 1;
      for (long version = past.latest; version > past.oldestImage; version--) {
        if (past.writers[(int) version] == process.index() && past.lsns[(int) version] > lsn) {
          first = version;
        }
      }
      if (first > past.latest) {
        continue;
      }
      for (long version = first; version <= past.latest; version++) {
        int at = (int) version;
        if (past.writers[at] != process.index()) {
          simulation.violate(
              Invariant.NO_LOSS,
              "version "
                  + version
                  + " of "
                  + processes.get(past.writers[at])
                  + " stands on version "
                  + first
                  + " of "
                  + process
                  + ", which is lost, of "
                  + blocks.name(block));
        } else if (past.promised[at]) {
          simulation.violate(
              Invariant.DURABLE,
              "version "
                  + version
                  + " of "
                  + blocks.name(block)
                  + " was acknowledged by "
                  + process
                  + " and is lost: its redo ends at "
                  + lsn
                  + ", the version at "
                  + past.lsns[at]);
        }
        truncated++;
      }
      simulation.record(Trace.What.NEVER_HAPPENED, process, block, first);
      past.latest = first - 1;
      MemorySegment.copy(
          past.images[(int) past.latest], 0, past.content, ValueLayout.JAVA_BYTE, 0, contentBytes);
    }
  }

  /**
   * Durable and NoLoss of the specification: every durable version that the disk does not have for
   * good is in a log that is kept. Only the end of the process that writes a log can break it.
   */
  public void checkKept(StableVersions disk) {
    for (int block = 0; block < blocks.count(); block++) {
      Past past = pasts.get(block);
      // What was kept aside, a recovery takes when it can read the block again.
      long kept = Math.max(disk.stableVersion(block), disk.savedVersion(block));
      for (long version = past.latest; version > kept; version--) {
        int at = (int) version;
        RedoEnds ends = redo.get(past.writers[at]);
        if (past.lsns[at] <= ends.forgottenLsn()) {
          simulation.violate(
              Invariant.DURABLE,
              "the redo of version "
                  + version
                  + " by "
                  + processes.get(past.writers[at])
                  + " is gone, the disk has version "
                  + disk.stableVersion(block)
                  + " for good, of "
                  + describe(block));
        }
      }
    }
  }

  /** Whether {@code content} is the latest one. */
  public boolean isLatest(int block, MemorySegment content) {
    return pasts.get(block).content.mismatch(content) < 0;
  }

  /** The latest content from one offset on. */
  public long valueAt(int block, int offset) {
    return pasts.get(block).content.get(ValueLayout.JAVA_LONG, offset);
  }

  /** Whether {@code checksum} is that of a version's content. */
  public boolean isImage(int block, long version, int checksum) {
    Past past = pasts.get(block);
    return version >= 0 && version <= past.latest && past.checksums[(int) version] == checksum;
  }

  public String describe(int block) {
    Past past = pasts.get(block);
    long version = past.latest;
    String text = blocks.name(block) + ", whose latest version is " + version;
    return version == 0
        ? text
        : text
            + " by "
            + processes.get(past.writers[(int) version])
            + (isDurable(block, version) ? ", durable" : ", not durable");
  }

  public void close() {
    arena.close();
  }
}
