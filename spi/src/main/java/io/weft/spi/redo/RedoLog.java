// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

/**
 * The redo log of this node, as the cache uses it. Each record has a log sequence number (LSN).
 *
 * <ul>
 *   <li>Rule RL-1: {@link #append} is thread-safe and copies what it needs before it returns. It
 *       waits for the device only if the log has no space for the record. In that case the
 *       appending thread may write the buffer itself.
 *   <li>Rule RL-2: records become durable in LSN order; {@link #durableLsn} never decreases.
 *   <li>Rule RL-3: an event passed to {@link #whenDurable} runs exactly once, when the LSN is
 *       durable. It runs on any thread, possibly before the call returns, and must be short.
 *   <li>Rule RL-4: a log that cannot make records durable stops the node, and does not retry.
 *   <li>Rule RL-5: the first record of a block after the start of a checkpoint has the full image
 *       of the block, so that a torn write of the block can be repaired (see {@link
 *       RedoRecord#lastImageLsn}).
 *   <li>Rule RL-6: nothing is written unless the node's membership lease holds.
 *   <li>Rule RL-7: an event that has been removed ({@link #forget}) is not retained, even if the
 *       log never makes another record durable. It may already be running.
 *   <li>Rule RL-8: no two records have the same LSN. The LSN of a record is larger than 0, than
 *       those of all records that the same thread has appended before, and than {@link
 *       RedoRecord#seenLsn}. So the LSNs of a block grow with its versions while it stays at this
 *       node, and by RL-2 a version is durable only if all earlier ones are (R2 and R3 need that; a
 *       block leaves only when its redo is durable). If records survive the process, LSNs are
 *       positions: a record has a larger LSN than every record whose append, or whose {@link
 *       #beginCheckpoint}, has returned before. Other logs need not order records that have no
 *       block and no thread in common.
 * </ul>
 */
public interface RedoLog extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /** Whether durable records survive the end of the process. */
  boolean survivesProcess();

  /**
   * Creates the log of this incarnation of the node. Called once, before the first record. Blocks.
   */
  default void open() {}

  /**
   * Appends a record.
   *
   * @return the LSN of the record (RL-8); if records survive the process, where the record ends
   */
  long append(RedoRecord record);

  /**
   * The largest LSN up to which every record is durable. Cheap, because it is read for every local
   * hit on a changed block.
   */
  long durableLsn();

  /** Runs {@code event} when {@code lsn} is durable, and requests a flush soon. */
  void whenDurable(long lsn, Runnable event);

  /**
   * Removes one registration of an event that was passed to {@link #whenDurable} with that LSN and
   * has not run. Has no effect otherwise.
   */
  default void forget(long lsn, Runnable event) {}

  /**
   * Lets the calling thread, which is about to wait for {@code lsn}, write the log itself if no
   * other thread is writing it (group commit with a leader). Blocks for at most one flush.
   *
   * @return whether {@code lsn} is durable now
   */
  default boolean flush(long lsn) {
    return durableLsn() >= lsn;
  }

  /**
   * Begins a checkpoint and returns the current LSN: no record whose append has returned before has
   * a larger one. From then on, the first change of each block logs a full image.
   */
  default long beginCheckpoint() {
    return durableLsn();
  }

  /**
   * Ends a checkpoint: all changes that this log has up to {@code lsn} are in blocks on stable
   * storage, so the redo up to it may be deleted. Blocks.
   *
   * @throws io.weft.api.WeftException {@link io.weft.api.CoreErrors#NODE_STOPPED} if the membership
   *     lease does not hold: the checkpoint is not recorded, and the redo is kept
   */
  default void endCheckpoint(long lsn) {}

  /** Bytes of redo that a recovery would have to read if the node failed now. */
  default long bytesSinceCheckpoint() {
    return 0;
  }

  /** Makes all records durable and closes the log. Blocks. */
  @Override
  void close();
}
