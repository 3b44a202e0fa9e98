// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import java.lang.foreign.MemorySegment;

/** The messages and I/O that the state machines request; answers return as events of the shard. */
public interface Effects {
  /** Sends a message, perhaps to this node itself. */
  void send(int to, CacheFusionMessage message);

  /** A request for a block has reached this node as its master: counts it. */
  void requested(BlockId block, int from, boolean exclusive);

  /** Sends a message about a move to another node. */
  void send(int to, MoveMessage message);

  /**
   * A bucket has another master, by the move of that number. Comes before any message by which
   * other nodes learn of it.
   */
  void moved(int bucket, int master, int number);

  /** Sends a message about a move to all other nodes. */
  void broadcast(MoveMessage message);

  /** A request waits for a block under recovery; {@code waiting} requests do so now. */
  void touched(BlockId block, int waiting);

  /** A quarantined block is requested: asks for a new recovery attempt. */
  void recoverAgain(BlockId block);

  /**
   * Sends an image directly from its frame, which does not change until the message is
   * acknowledged.
   */
  void ship(int to, CacheFusionMessage.Data message, int frame);

  /** Sends a message to all other nodes. */
  void broadcast(CacheFusionMessage message);

  /** Reads the block into the pending frame; answered by {@link Requester#onRead}. */
  void read(CacheEntry entry);

  /** Writes a copy of the block; answered by {@link WriteBack#onLanded}. */
  void write(CacheEntry entry, MemorySegment copy, long version);

  /** Forces this node's writes; answered by {@link WriteBack#onStable}. */
  void force(CacheEntry entry, long version);

  /**
   * Writes and forces the entry's past image; answered by {@link Keeper#onPastWriteEnded} and
   * {@link Keeper#onPastWritten}, the latter unless a view is installed meanwhile.
   *
   * @return false if this node may not write any more; then there is no answer
   */
  boolean writePast(int master, CacheEntry entry, long version);

  /**
   * Saves the entry's past image; answered by {@link Keeper#onPastSaved} or {@link
   * Keeper#onPastNotSaved}.
   */
  void savePast(CacheEntry entry, long version);

  /** Drops saved images of a block up to a version that is stable on disk. */
  void dropSaved(BlockId block, long version);

  /** Calls back for the entry when this node's redo up to {@code lsn} is durable. */
  void whenDurable(long lsn, CacheEntry entry);

  /** LSN up to which this node's redo is durable. */
  long durableLsn();

  /** The master of the entry's block. */
  int master(CacheEntry entry);

  /** The time in nanoseconds, for statistics and the age of past images. */
  long nowNs();
}
