// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

/**
 * The node's redo log, as the cache uses it. Log sequence numbers (LSN) grow with every record.
 *
 * <ul>
 *   <li>Rule RL-1: {@link #append} is thread-safe and copies what it needs before it returns. It
 *       waits for the device only if the log has no room for the record; then the appending thread
 *       may do the writing itself.
 *   <li>Rule RL-2: records become durable in LSN order; {@link #durableLsn} never goes back.
 *   <li>Rule RL-3: an event handed to {@link #whenDurable} runs exactly once, when the LSN is
 *       durable, on any thread, possibly before the call returns; it must be short.
 *   <li>Rule RL-4: a log that cannot make records durable stops the node; it does not retry.
 *   <li>Rule RL-5: the first record of a block after a checkpoint began has the block's full image,
 *       so that a torn write of the block can be repaired (see {@link RedoRecord#lastImageLsn}).
 *   <li>Rule RL-6: nothing is written without the node's lease.
 *   <li>Rule RL-7: an event that has been forgotten ({@link #forget}) is not kept, even if the log
 *       never makes anything durable again; it may just be running.
 * </ul>
 */
public interface RedoLog extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /** Whether durable here means that the record survives the process. */
  boolean survivesProcess();

  /** Makes the log of this life of the node; called once, before the first record. Blocks. */
  default void open() {}

  /**
   * Appends a record.
   *
   * @return the LSN of the record's end, larger than all before, larger than 0
   */
  long append(RedoRecord record);

  /** Every record up to this LSN is durable. Cheap: read for every local hit on a changed block. */
  long durableLsn();

  /** Runs {@code event} when {@code lsn} is durable, and asks for that soon. */
  void whenDurable(long lsn, Runnable event);

  /**
   * Nobody waits for an event any more: takes it back, once, if it was handed to {@link
   * #whenDurable} with that LSN and has not run. Does nothing otherwise.
   */
  default void forget(long lsn, Runnable event) {}

  /**
   * Lets the calling thread, which is about to wait for {@code lsn}, do the writing itself if
   * nobody else does (group commit with a leader). Blocks for at most one flush.
   *
   * @return whether {@code lsn} is durable now
   */
  default boolean flush(long lsn) {
    return durableLsn() >= lsn;
  }

  /** Begins a checkpoint: from here on first changes log full images. Returns the present LSN. */
  default long beginCheckpoint() {
    return durableLsn();
  }

  /**
   * Ends a checkpoint: everything that this log has up to {@code lsn} is in blocks on stable
   * storage, and may be forgotten. Blocks.
   *
   * @throws io.weft.api.WeftException {@link io.weft.api.CoreErrors#NODE_STOPPED} without the
   *     node's lease: nothing is recorded, and redo is kept
   */
  default void endCheckpoint(long lsn) {}

  /** Bytes of redo that recovery would have to read now. */
  default long bytesSinceCheckpoint() {
    return 0;
  }

  /** Makes everything durable and closes the log. Blocks. */
  @Override
  void close();
}
