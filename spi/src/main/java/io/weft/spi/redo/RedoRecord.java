// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

import java.lang.foreign.MemorySegment;

/**
 * One change, as it is written to the redo log: its blocks, and for each block the written ranges
 * with their new bytes. It reads the memory of the change directly, so it is valid only during
 * {@link RedoLog#append}.
 */
public interface RedoRecord {
  /** The commit's system change number. */
  long scn();

  /** Number of changed blocks, 1 or larger. */
  int blocks();

  /** File of the block at {@code index}. */
  int file(int index);

  /** Number of the block at {@code index}. */
  long number(int index);

  /**
   * Version of the block at {@code index} after this change; the version before is smaller by one.
   */
  long version(int index);

  /** The whole new content of the block at {@code index}. */
  MemorySegment content(int index);

  /** Number of ranges written in the block at {@code index}, 1 or larger. */
  int ranges(int index);

  /** Offset of the first byte of a range in the content. */
  int rangeOffset(int index, int range);

  /** Length of a range in bytes. */
  int rangeLength(int index, int range);

  /**
   * LSN of this node's last record with a full image of the block at {@code index}, as {@link
   * #imageLogged} set it; 0 if this node has logged none since it received the block.
   */
  default long lastImageLsn(int index) {
    return 0;
  }

  /**
   * The largest LSN of this node's log among the blocks that the change has leased, read or
   * changed: that of the last record of the block since the block has arrived at this node. 0 if
   * there is no such record. The record gets a larger one (RL-8).
   */
  default long seenLsn() {
    return 0;
  }

  /** Tells the record that the log writes the full image of the block at {@code index} with it. */
  default void imageLogged(int index) {}
}
