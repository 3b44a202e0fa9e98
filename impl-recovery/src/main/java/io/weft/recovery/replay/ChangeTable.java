// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.recovery.redo.LoggedRecord;
import java.util.Arrays;

/**
 * Where the changes of a range of blocks are in a log: {@value #BYTES} bytes for each. Built by one
 * thread, then read by any number.
 *
 * <p>The changes of a block form a chain, the newest first, that stops at the newest full image:
 * what is older is never needed again, because an image stands for all before it.
 */
final class ChangeTable {
  /** Heap that a change takes. */
  static final int BYTES = 2 * Long.BYTES + 3 * Integer.BYTES;

  /** An end of a chain. */
  static final int NONE = -1;

  private static final int FIRST_CAPACITY = 1024;

  // Changes, by number in the order of the log.
  private int changes;
  private long[] lsn = new long[FIRST_CAPACITY];
  private long[] version = new long[FIRST_CAPACITY];
  private int[] length = new int[FIRST_CAPACITY];
  private int[] place = new int[FIRST_CAPACITY]; // of the block's header in the record; < 0: image
  private int[] older = new int[FIRST_CAPACITY];

  // By block.
  private final int firstBlock;
  private int[] newest;

  /**
   * Makes an empty table.
   *
   * @param firstBlock number of the first block of the range
   * @param blocks how many there are, if that is known
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

  /** Adds the change that a record says next of a block. */
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

  /** A block gets the lower number {@code to}; who had it is forgotten. */
  void move(int block, int to) {
    newest[to - firstBlock] = newest[block - firstBlock];
  }

  /** Newest change of a block; {@link #NONE} if there is none. */
  int newest(int block) {
    int at = block - firstBlock;
    return at < newest.length ? newest[at] : NONE;
  }

  /** The change of the same block before; {@link #NONE} if none is needed. */
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

  /** Length of the record. */
  int length(int change) {
    return length[change];
  }

  /** Where the block's header is in the record. */
  int place(int change) {
    int at = place[change];
    return at < 0 ? ~at : at;
  }
}
