// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

import java.lang.foreign.MemorySegment;

/**
 * One change, as it goes into the redo log: its blocks and, for each, the ranges written with their
 * new bytes. A view of the change's own memory, valid during {@link RedoLog#append} only.
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

  /** Version after this change; the one before is smaller by one. */
  long version(int index);

  /** The block's whole new content. */
  MemorySegment content(int index);

  /** Number of ranges written in the block at {@code index}, 1 or larger. */
  int ranges(int index);

  /** First byte of a range. */
  int rangeOffset(int index, int range);

  /** Bytes of a range. */
  int rangeLength(int index, int range);

  /**
   * LSN of this node's last record with a full image of the block at {@code index}, as {@link
   * #imageLogged} set it; 0 if this node has logged none since the block came to it.
   */
  default long lastImageLsn(int index) {
    return 0;
  }

  /** The log has decided to log the full image of the block at {@code index} with this record. */
  default void imageLogged(int index) {}
}
