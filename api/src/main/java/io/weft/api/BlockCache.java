// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.concurrent.CompletionStage;

/**
 * The coherent block cache of one node. Thread-safe. The scopes that it creates are not
 * thread-safe.
 */
public interface BlockCache {
  /**
   * Bytes of a block that the application can use: the physical block size minus the storage
   * header.
   */
  int contentBytes();

  /** Creates a reusable reading. Create one for each thread and keep it. */
  Reading newReading(ReadConsistency consistency);

  /** Creates a reusable reading with {@link ReadConsistency#STRICT}. */
  default Reading newReading() {
    return newReading(ReadConsistency.STRICT);
  }

  /** Creates a reusable change. Create one for each thread and keep it. */
  Change newChange();

  /**
   * Hints that blocks will be read soon. Returns at once. The cache skips blocks that another node
   * owns, blocks that are busy, and blocks for which it has no free clean frame. It also ignores
   * blocks beyond its number of frames, and hints that arrive faster than it can process them.
   *
   * @param first number of the first block
   * @param count how many blocks, 1 or larger
   */
  void prefetch(int file, long first, int count);

  /**
   * Begins a batch of asynchronous calls of this thread. The messages that they send to other nodes
   * may be sent together. All of them are sent by the time the batch is closed. A batch pays off
   * for several calls. While a batch is open, its thread must not wait for a block, and must not
   * close a batch of another thread.
   */
  default Batch newBatch() {
    return () -> {};
  }

  /** An open batch. The thread that began it closes it. */
  @FunctionalInterface
  interface Batch extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Writes the dirty blocks of this node to storage. The stage completes when each block that was
   * dirty at the call is on disk in that version or a later one, or has moved to another node,
   * which then has the write-back duty. The stage fails with {@link CoreErrors#BACK_PRESSURED} if
   * too many such calls are in progress.
   */
  CompletionStage<Void> writeBack();

  /** Counts and latencies of this cache since the node started. */
  CacheStatistics statistics();
}
