// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.logvolatile;

import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A redo log that stores no redo. It assigns LSNs like a log on a device, and reports each record
 * as durable at once. Changes that are not written back are lost when the process ends.
 * Thread-safe.
 *
 * <p>An LSN is the byte position after the record in the log that would have been written, so that
 * log rates in reports are those of a real log:
 *
 * <pre>
 *   record   40 bytes  length, checksum, log id, LSN, SCN, number of blocks
 *   block    24 bytes  file, number of ranges, block number, version
 *   range     8 bytes  offset, length; then the bytes written
 *   padding  to the next multiple of 8
 * </pre>
 */
public final class VolatileRedoLog implements RedoLog {
  /** Sizes of the parts of a record, as drawn above; so the following ones. */
  private static final int RECORD_BYTES = 40;

  private static final int BLOCK_BYTES = 24;
  private static final int RANGE_BYTES = 8;
  private static final int ALIGNMENT = 8;

  private final AtomicLong end = new AtomicLong();

  /** Creates the log, and logs a warning that changes do not survive the process. */
  @Inject
  public VolatileRedoLog() {
    this(System.getLogger(VolatileRedoLog.class.getName()));
  }

  VolatileRedoLog(Logger logger) {
    logger.log(
        Logger.Level.WARNING,
        "The redo log is volatile (weft.redo-log.plugin = volatile): if this process is killed or"
            + " crashes, changes that it has committed but not yet written back are lost.");
  }

  @Override
  public String name() {
    return "volatile";
  }

  @Override
  public boolean survivesProcess() {
    return false;
  }

  @Override
  public long append(RedoRecord record) {
    return end.addAndGet(lengthOf(record));
  }

  /** The largest number there is: whatever is appended counts as durable. */
  @Override
  public long durableLsn() {
    return Long.MAX_VALUE; // not the end of the log, for which all threads would compete
  }

  @Override
  public long beginCheckpoint() {
    return end.get();
  }

  @Override
  public void whenDurable(long lsn, Runnable event) {
    if (lsn > end.get()) {
      throw new IllegalArgumentException(
          "LSN " + lsn + " is beyond the end of the log, " + end.get());
    }
    event.run();
  }

  @Override
  public void close() {}

  private static long lengthOf(RedoRecord record) {
    long length = RECORD_BYTES;
    for (int block = 0; block < record.blocks(); block++) {
      length += BLOCK_BYTES;
      for (int range = 0; range < record.ranges(block); range++) {
        length += RANGE_BYTES + record.rangeLength(block, range);
      }
    }
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
