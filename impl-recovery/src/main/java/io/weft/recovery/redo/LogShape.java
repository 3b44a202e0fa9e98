// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.BARE_BYTES;
import static io.weft.recovery.redo.LogFormat.SEGMENT_HEADER_BYTES;

/**
 * Sizes and limits of a log.
 *
 * @param segmentBytes a power of two from 64 KiB to 1 GiB
 * @param bufferBytes the same
 * @param maxRecords records after which a segment is ended
 * @param maxAgeNs age after which a segment is ended
 */
public record LogShape(
    int segmentBytes, int bufferBytes, long maxRecords, long maxAgeNs, ImageCompression images) {
  /** Longest single write to the device: 1 MiB. */
  static final int LONGEST_WRITE = 1 << 20;

  /** Checks the sizes. */
  public LogShape {
    if (!LogFormat.isSegmentSize(segmentBytes)) {
      throw new IllegalArgumentException("segment of " + segmentBytes + " bytes");
    }
    if (Integer.bitCount(bufferBytes) != 1 || bufferBytes < LogFormat.MIN_SEGMENT_BYTES) {
      throw new IllegalArgumentException("buffer of " + bufferBytes + " bytes");
    }
  }

  /** Segments and a buffer of the given sizes; segments are ended by size alone. */
  public static LogShape of(int segmentBytes, int bufferBytes, ImageCompression images) {
    return new LogShape(segmentBytes, bufferBytes, Long.MAX_VALUE, Long.MAX_VALUE, images);
  }

  /** Longest record in bytes. */
  public int maxRecordBytes() {
    return Math.min(bufferBytes / 2, segmentBytes - SEGMENT_HEADER_BYTES - BARE_BYTES);
  }

  /** Most bytes of a segment that are written and not forced; also a bound of the record length. */
  int maxUnforcedBytes() {
    return bufferBytes / 2;
  }

  /** Largest distance in bytes between a stable place and the start of a record that proves it. */
  int reachBytes() {
    return maxUnforcedBytes() + Math.min(maxUnforcedBytes(), LONGEST_WRITE);
  }
}
