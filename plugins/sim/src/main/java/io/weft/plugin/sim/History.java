// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The ghost of the simulation: every version that was ever committed, with its writer, its place in
 * the writer's redo log and a checksum of the block's content; and the latest content. The engine
 * never reads it; whatever the engine shows, ships or stores is compared with it.
 */
final class History {
  private static final int NOBODY = -1;

  private final Simulation simulation;
  private final Blocks blocks;
  private final int contentBytes;
  private final long[] latest;
  private final int[][] writers;
  private final long[][] lsns;
  private final int[][] checksums;
  private final MemorySegment[] contents;
  private final SimRedoLog[] logs;
  private final Arena arena = Arena.ofConfined();

  History(Simulation simulation, Blocks blocks, SimRedoLog[] logs) {
    this.simulation = simulation;
    this.blocks = blocks;
    this.logs = logs;
    this.contentBytes = blocks.layout().contentBytes();
    int count = blocks.count();
    this.latest = new long[count];
    this.writers = new int[count][64];
    this.lsns = new long[count][64];
    this.checksums = new int[count][64];
    this.contents = new MemorySegment[count];
    for (int block = 0; block < count; block++) {
      contents[block] = arena.allocate(contentBytes, 8);
      writers[block][0] = NOBODY;
      checksums[block][0] = simulation.checksum(contents[block]);
    }
  }

  Blocks blocks() {
    return blocks;
  }

  /** The latest committed version. */
  long latest(int block) {
    return latest[block];
  }

  int writer(int block, long version) {
    return writers[block][(int) version];
  }

  /** Whether the redo of a version is durable at its writer. */
  boolean isDurable(int block, long version) {
    return version == 0
        || lsns[block][(int) version] <= logs[writers[block][(int) version]].durableLsn();
  }

  /** Takes in what {@code node} commits, under the LSN that its log gives it. */
  void append(int node, long lsn, RedoRecord record) {
    for (int i = 0; i < record.blocks(); i++) {
      int block = blocks.indexOf(record.file(i), record.number(i));
      if (block < 0) {
        simulation.violate(
            Invariant.ATOMIC_CHANGE, "n" + node + " commits a block that nobody changed");
        return;
      }
      append(node, lsn, block, record, i);
    }
  }

  private void append(int node, long lsn, int block, RedoRecord record, int index) {
    long version = record.version(index);
    if (version != latest[block] + 1) {
      simulation.violate(
          Invariant.VERSIONS_DENSE,
          "n" + node + " commits version " + version + " of " + describe(block));
      return;
    }
    MemorySegment now = contents[block];
    MemorySegment content = record.content(index);
    for (int range = 0; range < record.ranges(index); range++) {
      int offset = record.rangeOffset(index, range);
      MemorySegment.copy(content, offset, now, offset, record.rangeLength(index, range));
    }
    long difference = now.mismatch(content);
    if (difference >= 0) {
      simulation.violate(
          Invariant.ATOMIC_CHANGE,
          "n"
              + node
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
    if (at == writers[block].length) {
      writers[block] = Arrays.copyOf(writers[block], at * 2);
      lsns[block] = Arrays.copyOf(lsns[block], at * 2);
      checksums[block] = Arrays.copyOf(checksums[block], at * 2);
    }
    latest[block] = version;
    writers[block][at] = node;
    lsns[block][at] = lsn;
    checksums[block][at] = simulation.checksum(now);
  }

  /** Whether {@code content} is the latest one. */
  boolean isLatest(int block, MemorySegment content) {
    return contents[block].mismatch(content) < 0;
  }

  /** The latest content from one offset on. */
  long valueAt(int block, int offset) {
    return contents[block].get(ValueLayout.JAVA_LONG, offset);
  }

  /** Whether {@code checksum} is that of a version's content. */
  boolean isImage(int block, long version, int checksum) {
    return version >= 0 && version <= latest[block] && checksums[block][(int) version] == checksum;
  }

  String describe(int block) {
    long version = latest[block];
    String text = blocks.name(block) + ", whose latest version is " + version;
    return version == 0
        ? text
        : text
            + " by n"
            + writer(block, version)
            + (isDurable(block, version) ? ", durable" : ", not durable");
  }

  void close() {
    arena.close();
  }
}
