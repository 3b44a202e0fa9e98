// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.recovery.redo.LoggedRecord;
import java.util.Arrays;

/**
 * The positions in a log of the changes of a range of blocks: {@value #BYTES} bytes per change.
 * Built by one thread, then read by any number.
 *
 * <p>The changes of a block form a chain, the newest first, down to the newest full image. Older
 * changes are not needed, because an image replaces all redo before it.
 */
final class ChangeTable {
  /** Heap per change, in bytes. */
  static final int BYTES = 2 * Long.BYTES + 3 * Integer.BYTES;

  /** The end of a chain. */
  static final int NONE = -1;

  /** Initial capacity for changes; grows by doubling. */
  private static final int FIRST_CAPACITY = 1024;

  // Changes, by number in the order of the log.
  private int changes;
  private long[] lsn = new long[FIRST_CAPACITY];
  private long[] version = new long[FIRST_CAPACITY];
  private int[] length = new int[FIRST_CAPACITY];
  private int[] place =
      new int[FIRST_CAPACITY]; // of the block's header in the record; negative for an image
  private int[] older = new int[FIRST_CAPACITY];

  // By block.
  private final int firstBlock;
  private int[] newest;

  /**
   * Creates an empty table.
   *
   * @param firstBlock number of the first block of the range
   * @param blocks number of blocks, if known
   */
  ChangeTable(int firstBlock, int blocks) {
    this.firstBlock = firstBlock;
    this.newest = new int[Math.max(blocks, 1)];
    Arrays.fill(newest, NONE);
  }

  /** Number of changes. */
  int size() {
    return changes;
  }

  /** Adds the change of the record's current block. */
  void add(LoggedRecord record, int block) {
    if (changes == lsn.length) {
      grow(changes * 2);
    }
    int last = newest(block);
    int change = changes++;
    lsn[change] = record.lsn();
    version[change] = record.version();
    length[change] = record.length();
    place[change] = record.isImage() ? ~record.blockOffset() : record.blockOffset();
    older[change] = record.isImage() ? NONE : last;
    setNewest(block, change);
  }

  private void setNewest(int block, int change) {
    int at = block - firstBlock;
    if (at >= newest.length) {
      int before = newest.length;
      newest = Arrays.copyOf(newest, Math.max(at + 1, 2 * before));
      Arrays.fill(newest, before, newest.length, NONE);
    }
    newest[at] = change;
  }

  private void grow(int capacity) {
    lsn = Arrays.copyOf(lsn, capacity);
    version = Arrays.copyOf(version, capacity);
    length = Arrays.copyOf(length, capacity);
    place = Arrays.copyOf(place, capacity);
    older = Arrays.copyOf(older, capacity);
  }

  /** Renumbers a block to the lower number {@code to}, and drops the block that had it. */
  void move(int block, int to) {
    newest[to - firstBlock] = newest[block - firstBlock];
  }

  /** The newest change of a block; {@link #NONE} if there is none. */
  int newest(int block) {
    int at = block - firstBlock;
    return at < newest.length ? newest[at] : NONE;
  }

  /** The previous change of the same block; {@link #NONE} if none is needed. */
  int older(int change) {
    return older[change];
  }

  long version(int change) {
    return version[change];
  }

  boolean isImage(int change) {
    return place[change] < 0;
  }

  long lsn(int change) {
    return lsn[change];
  }

  /** Length of the record in bytes. */
  int length(int change) {
    return length[change];
  }

  /** Offset of the block's header in the record. */
  int place(int change) {
    int at = place[change];
    return at < 0 ? ~at : at;
  }
}
