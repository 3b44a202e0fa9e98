// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.SharedLease;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.history.History;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The blocks that an actor holds, in the order in which it took them, and what it has written into
 * them: its version at offset {@value #VERSION_AT}, its index plus 1 at offset {@value #INDEX_AT},
 * and values from {@value #FREE_FROM} on.
 */
final class HeldBlocks {
  private static final int VERSION_AT = 0;
  private static final int INDEX_AT = 8;

  /** Where the values begin. */
  static final int FREE_FROM = 16;

  /** Values that are written into one block at most. */
  private static final int MAX_WRITES = 3;

  private final SharedLease[] leases;
  private final int[] blocks;
  private final boolean[] exclusive;
  private final boolean[] declared;

  /** Offsets and values of the writes, {@value #MAX_WRITES} for each lease. */
  private final int[] offsets;

  private final long[] values;
  private final int[] writes;
  private int count;

  /** Holds so many blocks at most. */
  HeldBlocks(int most) {
    this.leases = new SharedLease[most];
    this.blocks = new int[most];
    this.exclusive = new boolean[most];
    this.declared = new boolean[most];
    this.writes = new int[most];
    this.offsets = new int[most * MAX_WRITES];
    this.values = new long[most * MAX_WRITES];
  }

  int count() {
    return count;
  }

  int most() {
    return leases.length;
  }

  /** Takes another block in, as the last one. */
  void add(SharedLease lease, int block, boolean exclusively) {
    leases[count] = lease;
    blocks[count] = block;
    exclusive[count] = exclusively;
    declared[count] = false;
    writes[count] = 0;
    count++;
  }

  /** Takes a block out; those behind it move up. */
  void remove(int index) {
    count--;
    int behind = count - index;
    System.arraycopy(leases, index + 1, leases, index, behind);
    System.arraycopy(blocks, index + 1, blocks, index, behind);
    System.arraycopy(exclusive, index + 1, exclusive, index, behind);
    System.arraycopy(declared, index + 1, declared, index, behind);
    System.arraycopy(writes, index + 1, writes, index, behind);
    int from = (index + 1) * MAX_WRITES;
    System.arraycopy(offsets, from, offsets, from - MAX_WRITES, behind * MAX_WRITES);
    System.arraycopy(values, from, values, from - MAX_WRITES, behind * MAX_WRITES);
  }

  /** Holds nothing any more; what was written is remembered until the next block is taken. */
  void clear() {
    count = 0;
  }

  boolean holds(int block) {
    for (int i = 0; i < count; i++) {
      if (blocks[i] == block) {
        return true;
      }
    }
    return false;
  }

  SharedLease lease(int index) {
    return leases[index];
  }

  int block(int index) {
    return blocks[index];
  }

  boolean isExclusive(int index) {
    return exclusive[index];
  }

  /** Whether a write into the block has begun. */
  boolean isDeclared(int index) {
    return declared[index];
  }

  /** Begins to write into a block, unless that has begun: it gets its next version. */
  void declare(int index, Change change) {
    if (!declared[index]) {
      declared[index] = true;
      MemorySegment head = change.writable((ExclusiveLease) leases[index], VERSION_AT, FREE_FROM);
      head.set(ValueLayout.JAVA_LONG, VERSION_AT, leases[index].version() + 1);
      head.set(ValueLayout.JAVA_LONG, INDEX_AT, blocks[index] + 1);
    }
  }

  /** How many of the blocks are changed. */
  int changed() {
    int changed = 0;
    for (int i = 0; i < count; i++) {
      changed += declared[i] ? 1 : 0;
    }
    return changed;
  }

  /** Whether no other value can be written into the block. */
  boolean isFull(int index) {
    return writes[index] == MAX_WRITES;
  }

  /** Whether a value was written at this offset. */
  boolean hasWritten(int index, int offset) {
    for (int i = 0; i < writes[index]; i++) {
      if (offsets[index * MAX_WRITES + i] == offset) {
        return true;
      }
    }
    return false;
  }

  /** Writes a value at the beginning of the bytes that it declares. */
  void write(int index, Change change, int offset, int bytes, long value) {
    change
        .writable((ExclusiveLease) leases[index], offset, bytes)
        .set(ValueLayout.JAVA_LONG, 0, value);
    int at = index * MAX_WRITES + writes[index];
    offsets[at] = offset;
    values[at] = value;
    writes[index]++;
  }

  /**
   * Whether the history has, as a version of a block, exactly what was written.
   *
   * @param committed how many blocks were held when the commit began
   */
  boolean wrote(int committed, int block, long version, History history) {
    for (int i = 0; i < committed; i++) {
      if (blocks[i] == block && declared[i] && history.latest(block) == version) {
        for (int at = i * MAX_WRITES; at < i * MAX_WRITES + writes[i]; at++) {
          if (history.valueAt(block, offsets[at]) != values[at]) {
            return false;
          }
        }
        return history.valueAt(block, VERSION_AT) == version
            && history.valueAt(block, INDEX_AT) == block + 1;
      }
    }
    return false;
  }

  /** What is held, for people. */
  String describe(Blocks names) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? " holding " : ", ").append(names.name(blocks[i]));
      text.append(exclusive[i] ? " X" : " S");
    }
    return text.toString();
  }
}
