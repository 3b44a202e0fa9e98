// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.redo;

/**
 * The node's redo log, as the cache uses it. Log sequence numbers (LSN) grow with every record.
 *
 * <ul>
 *   <li>Rule RL-1: {@link #append} is thread-safe, never waits for a device, and copies what it
 *       needs before it returns.
 *   <li>Rule RL-2: records become durable in LSN order; {@link #durableLsn} never goes back.
 *   <li>Rule RL-3: an event handed to {@link #whenDurable} runs exactly once, when the LSN is
 *       durable, on any thread, possibly before the call returns; it must be short.
 *   <li>Rule RL-4: a log that cannot make records durable stops the node; it does not retry.
 * </ul>
 */
public interface RedoLog extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /** Whether durable here means that the record survives the process. */
  boolean survivesProcess();

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

  /** Makes everything durable and closes the log. Blocks. */
  @Override
  void close();
}
