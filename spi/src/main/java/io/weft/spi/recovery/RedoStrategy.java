// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.recovery;

import io.weft.api.BlockId;
import java.util.List;

/**
 * Decides the order in which blocks are recovered from redo, and how many at a time. With every
 * strategy, the redo of a block is applied in the order of its versions.
 *
 * <ul>
 *   <li>Rule RS-1: every block of the work is recovered exactly once, unless the run is cancelled.
 *   <li>Rule RS-2: a {@link io.weft.api.ResourceClass#SYSTEM} block is recovered before other
 *       blocks that no request waits for. {@link RedoWork#blocks} lists them first.
 *   <li>Rule RS-3: no method blocks. {@link RedoRun#touched} and the completions may come on any
 *       thread.
 * </ul>
 */
public interface RedoStrategy {
  /** Short name for reports. */
  String name();

  /** Starts a run. */
  RedoRun start(RedoWork work);

  /** The blocks that one node has to recover for one view. */
  interface RedoWork {
    /** The blocks, each once, in the order in which they are recovered if no request waits. */
    List<BlockId> blocks();

    /**
     * Recovers a block: reads it, applies redo, writes it, has it forced, and serves it. Never
     * blocks.
     *
     * @param done runs once, on any thread, when the block is written or the work has ended; the
     *     block is served after the next force, which covers many blocks
     */
    void recover(BlockId block, Runnable done);

    /** The number of requests that wait for the block now. */
    int waiting(BlockId block);
  }

  /** A run in progress. */
  interface RedoRun {
    /** Reports that a request waits for this block. Any thread. */
    void touched(BlockId block);

    /** Starts no further recovery, because a newer view replaces this one. */
    void cancel();
  }
}
