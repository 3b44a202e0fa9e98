// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import java.lang.foreign.MemorySegment;

/** What the state machines ask the world to do; answers come back as events of the shard. */
public interface Effects {
  /** Sends a message, perhaps to this node itself. */
  void send(int to, CacheFusionMessage message);

  /** A request waits for a block under recovery; {@code waiting} of them by now. */
  void touched(BlockId block, int waiting);

  /** Somebody wants a quarantined block: it is looked at again. */
  void recoverAgain(BlockId block);

  /** Sends an image straight from its frame, which stays unchanged until it is acknowledged. */
  void ship(int to, CacheFusionMessage.Data message, int frame);

  /** Sends a message to all other nodes. */
  void broadcast(CacheFusionMessage message);

  /** Reads the block into the pending frame; answered by {@link Requester#onRead}. */
  void read(CacheEntry entry);

  /** Writes a copy of the block; answered by {@link WriteBack#onLanded}. */
  void write(CacheEntry entry, MemorySegment copy, long version);

  /** Has what this node has written forced; answered by {@link WriteBack#onStable}. */
  void force(CacheEntry entry, long version);

  /**
   * Writes the entry's past image and has it forced; answered by {@link Keeper#onPastWriteEnded}
   * and {@link Keeper#onPastWritten}, the latter unless a view is installed meanwhile.
   *
   * @return false if this node may not write any more, so that no answer comes
   */
  boolean writePast(int master, CacheEntry entry, long version);

  /**
   * Keeps the entry's past image beside the blocks; answered by {@link Keeper#onPastSaved} or {@link
   * Keeper#onPastNotSaved}.
   */
  void savePast(CacheEntry entry, long version);

  /** Removes images of a block that are kept beside it, up to a version that is stable on disk. */
  void dropSaved(BlockId block, long version);

  /** Has the entry looked at again when this node's redo up to {@code lsn} is durable. */
  void whenDurable(long lsn, CacheEntry entry);

  /** This node's redo is durable up to here. */
  long durableLsn();

  /** The master of the entry's block. */
  int master(CacheEntry entry);

  /** Now, in nanoseconds, for statistics and the age of past images. */
  long nowNs();
}
