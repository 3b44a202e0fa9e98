// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.concurrent.CompletionStage;

/** The coherent block cache of one node. Thread-safe; the scopes that it makes are not. */
public interface BlockCache {
  /** Usable bytes of a block: the physical block size without the header of the storage format. */
  int contentBytes();

  /** Makes a reusable reading; cheap to keep, one for each thread. */
  Reading newReading(ReadConsistency consistency);

  /** Makes a reusable strict reading. */
  default Reading newReading() {
    return newReading(ReadConsistency.STRICT);
  }

  /** Makes a reusable change; cheap to keep, one for each thread. */
  Change newChange();

  /**
   * Hints that blocks will be read soon. Returns at once; blocks that are owned elsewhere, busy, or
   * for which no clean frame is free are left out, as are more than the cache has frames, and hints
   * that come faster than they can be looked at.
   *
   * @param first number of the first block
   * @param count how many blocks, 1 or larger
   */
  void prefetch(int file, long first, int count);

  /**
   * Begins a batch of asynchronous calls of this thread: what they ask of other nodes may travel
   * together, and leaves at the latest when the batch is closed. Worth its while from a few calls
   * on. Inside a batch the thread must not wait for a block, nor use {@link Batch#close} of another
   * thread.
   */
  default Batch newBatch() {
    return () -> {};
  }

  /** A batch under way; closed by the thread that began it. */
  @FunctionalInterface
  interface Batch extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Writes the blocks that this node holds changed to the storage. The stage completes when each
   * block that was changed at the call is on disk in that version or a later one, or has been taken
   * over by another node, which then has to write it; exceptionally with {@link
   * CoreErrors#BACK_PRESSURED} if many such calls are under way already.
   */
  CompletionStage<Void> writeBack();

  /** What the cache has done since the node started. */
  CacheStatistics statistics();
}
