// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogId;

/**
 * The result of scanning a log.
 *
 * @param log the log
 * @param cluster hash of the cluster's name; 0 if the log has no segment yet
 * @param firstSegment number of the first retained segment
 * @param segments number of segments with records
 * @param segmentBytes size of each; 0 if the log has no segment yet
 * @param firstLsn LSN of the first record
 * @param endLsn LSN of the end of the last record
 * @param checkpoint changes that end here or before are stable in their blocks
 * @param changes number of changes
 * @param bytes size of all records in bytes
 * @param maxScn largest system change number; 0 if there is none
 * @param end how the log ends
 */
public record LogScan(
    LogId log,
    long cluster,
    long firstSegment,
    int segments,
    long segmentBytes,
    long firstLsn,
    long endLsn,
    long checkpoint,
    long changes,
    long bytes,
    long maxScn,
    End end) {
  /** How a log ends. */
  public enum End {
    /** Nothing was ever written to the log. */
    EMPTY,
    /** Only zeros follow. */
    ZERO_TAIL,
    /** An incomplete write, or old bytes of a recycled segment. */
    TORN_TAIL,
    /** The last segment was ended, and the next one has not begun. */
    SEGMENT_END
  }
}
