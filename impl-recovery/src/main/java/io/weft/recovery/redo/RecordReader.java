// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;

/**
 * Reads single records of one log again, at places that a {@linkplain LogScanner scan} has found.
 * For one thread.
 */
public final class RecordReader {
  /** Bytes read at a time, unless a record is longer. */
  private static final int READ_BYTES = 4 << 10;

  private final LogChecksum checksum;
  private final LoggedRecord record;
  private final SegmentWindow window = new SegmentWindow(READ_BYTES);

  /** Creates a reader of one log. */
  public RecordReader(LogId log) {
    this.checksum = new LogChecksum(log);
    this.record = new LoggedRecord(log);
  }

  /**
   * Moves {@link #record} to a record. Reads the segment, and may block, unless the record is in
   * the bytes read last from the same segment.
   *
   * @param segment the segment of the record
   * @param offset of the record in the segment, in bytes
   * @param lsn of the record
   * @param length of the record, in bytes
   * @return whether the record is still there with a valid checksum; if not, {@link #record} must
   *     not be used
   * @throws io.weft.api.WeftException {@link io.weft.spi.redo.RedoErrors#LOG_IO}
   */
  public boolean read(LogSegment segment, int offset, long lsn, int length) {
    window.wrap(segment); // keeps its bytes if the segment is the same
    if (!window.covers(offset, length)) {
      return false;
    }
    int place = window.place(offset);
    int crc = checksum.of(window.buffer(), place + LogFormat.LENGTH_AT, place + length, lsn);
    if (window.memory().get(LogFormat.U32, place + LogFormat.CRC_AT) != crc) {
      return false;
    }
    record.wrap(window.memory(), place, lsn, length);
    return true;
  }

  /** The record that was read last, before its first block; valid until the next one is read. */
  public LoggedRecord record() {
    return record;
  }
}
