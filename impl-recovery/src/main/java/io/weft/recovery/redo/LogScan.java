// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogId;

/**
 * What was found in a log.
 *
 * @param log whose it is
 * @param cluster hash of the cluster's name; 0 if the log has no segment yet
 * @param firstSegment number of its first segment that is kept
 * @param segments number of segments with records
 * @param segmentBytes size of each; 0 if the log has no segment yet
 * @param firstLsn where the first record is
 * @param endLsn where the last record ends
 * @param checkpoint changes that end here or before are stable in their blocks
 * @param changes number of changes
 * @param bytes of all records
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
    /** Nothing was ever written to it. */
    EMPTY,
    /** Only zeros follow. */
    ZERO_TAIL,
    /** A write that was never completed, or what the segment has of its former life. */
    TORN_TAIL,
    /** The last segment was ended, and the next one was not begun. */
    SEGMENT_END
  }
}
