// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The redo of all dead incarnations that is still kept, found by block. Immutable in what it
 * answers.
 *
 * <ul>
 *   <li>Rule DR-1: holds every durable record of every sealed log whose blocks may not all be on
 *       disk yet (R16, R17).
 *   <li>Rule DR-2: thread-safe; {@link #apply} may block for reading the log, the rest does not.
 *   <li>Rule DR-3: applies versions without a gap, or from a full image on (the newest full image
 *       above the given version may stand for all before it).
 * </ul>
 */
public interface DeadRedo {
  /** No redo: nobody has died. */
  DeadRedo NONE =
      new DeadRedo() {
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

  /** A version that means: the image on disk cannot be used, only a full image helps. */
  long UNREADABLE = -1;

  /** The newest version that this redo has of the block; 0 if it has none. */
  long lastVersion(int file, long number);

  /**
   * Brings an image up to the newest version that this redo reaches.
   *
   * @param content the block's content, without its header, in {@code version}; changed in place
   * @param version of the image, 0 for a block never written, or {@link #UNREADABLE}
   * @return the version afterwards; the given one if the redo has nothing newer
   * @throws WeftException {@code REDO_GAP} if versions are missing in between, or the image is
   *     unreadable and no full image is there; the content is undefined then
   */
  long apply(int file, long number, MemorySegment content, long version);

  /** Visits every block that this redo has records of. */
  void forEachBlock(Consumer<BlockId> visitor);
}
