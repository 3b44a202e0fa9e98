// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import io.weft.api.BlockId;
import java.util.List;

/**
 * Decides in which order, and how many at a time, blocks are recovered from redo. Each block's redo
 * is applied in the order of its versions whatever the strategy.
 *
 * <ul>
 *   <li>Rule RS-1: every block of the work is recovered exactly once, unless the run is cancelled.
 *   <li>Rule RS-2: a {@link io.weft.api.ResourceClass#SYSTEM} block comes before others that nobody
 *       waits for; {@link RedoWork#blocks} has them first.
 *   <li>Rule RS-3: nothing blocks; {@link RedoRun#touched} and the completions come from any
 *       thread.
 * </ul>
 */
public interface RedoStrategy {
  /** Short name for reports. */
  String name();

  /** Begins to recover. */
  RedoRun start(RedoWork work);

  /** What has to be recovered at one node for one view. */
  interface RedoWork {
    /** The blocks, each once, in the order in which they should come if nobody waits. */
    List<BlockId> blocks();

    /**
     * Recovers a block: reads it, applies redo, writes it, has it forced and served. Never blocks.
     *
     * @param done runs once, on any thread, when the block is written, or the work is over; it is
     *     served after the next force, which does for many blocks
     */
    void recover(BlockId block, Runnable done);

    /** How many requests wait for the block at present. */
    int waiting(BlockId block);
  }

  /** Recovery under way. */
  interface RedoRun {
    /** Somebody waits for this block. */
    void touched(BlockId block);

    /** Starts no further block: the view is over. */
    void cancel();
  }
}
