// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The redo that a recovery applies: the retained redo of all failed incarnations, indexed by block.
 * Its answers do not change.
 *
 * <ul>
 *   <li>Rule DR-1: has every durable record of every sealed log, unless all blocks of the record
 *       are certainly on disk (R16, R17).
 *   <li>Rule DR-2: thread-safe. {@link #apply} may block to read the log; the other methods never
 *       block.
 *   <li>Rule DR-3: applies versions without a gap, or starts from a full image. The newest full
 *       image above the given version may replace all records before it.
 * </ul>
 */
public interface RecoveryRedo {
  /** No redo: no node has failed. */
  RecoveryRedo NONE =
      new RecoveryRedo() {
        @Override
        public long lastVersion(int file, long number) {
          return 0;
        }

        @Override
        public long apply(int file, long number, MemorySegment content, long version) {
          return version;
        }

        @Override
        public void forEachBlock(Consumer<BlockId> visitor) {}
      };

  /** A version that says that the image on disk cannot be used, and that a full image is needed. */
  long UNREADABLE = -1;

  /** The newest version of the block in this redo; 0 if there is none. */
  long lastVersion(int file, long number);

  /**
   * Rolls an image forward to the newest version in this redo. May block to read the log.
   *
   * @param content the content of the block in {@code version}, without the storage header; changed
   *     in place
   * @param version the version of the image, 0 for a block never written, or {@link #UNREADABLE}
   * @return the version afterwards; the given one if the redo has no newer version
   * @throws WeftException {@code REDO_GAP} if versions in between are missing, or the image is
   *     unreadable and there is no full image; the content is then undefined
   */
  long apply(int file, long number, MemorySegment content, long version);

  /** Visits every block that has records in this redo. */
  void forEachBlock(Consumer<BlockId> visitor);
}
