// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.Scope;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;

/**
 * Settings of {@link FileRedoLog}.
 *
 * @param segment size of a segment: a power of two from 64 KiB to 1 GiB
 * @param buffer ring buffer between appenders and the device: a power of two from 64 KiB to 1 GiB
 * @param flushInterval longest time for which a record without a waiter stays volatile; 1 ms to 1 h
 * @param segmentRecords records after which a segment is ended; 0: any number
 * @param segmentAge age after which a segment is ended; 0: any age
 * @param spin how long the log's thread polls for further commits before it parks; 0 to 1 ms
 * @param imageCompression how full images of blocks are compressed
 */
public record FileRedoLogSettings(
    ByteSize segment,
    ByteSize buffer,
    Duration flushInterval,
    long segmentRecords,
    Duration segmentAge,
    Duration spin,
    ImageCompression imageCompression)
    implements DependentSettings {
  /** Shortest flush interval that may be set. */
  private static final Duration MIN_INTERVAL = Duration.ofMillis(1);

  /** Longest flush interval that may be set. */
  private static final Duration MAX_INTERVAL = Duration.ofHours(1);

  /** Longest polling time that may be set. */
  private static final Duration MAX_SPIN = Duration.ofMillis(1);

  /** Checks the ranges. */
  public FileRedoLogSettings {
    checkSize("segment", segment);
    checkSize("buffer", buffer);
    check(
        flushInterval.compareTo(MIN_INTERVAL) >= 0 && flushInterval.compareTo(MAX_INTERVAL) <= 0,
        "flush-interval",
        flushInterval,
        "1 ms to 1 h");
    check(segmentRecords >= 0, "segment-records", segmentRecords, "0 or larger");
    check(!segmentAge.isNegative(), "segment-age", segmentAge, "0 or longer");
    check(!spin.isNegative() && spin.compareTo(MAX_SPIN) <= 0, "spin", spin, "0 to 1 ms");
  }

  /**
   * The first change of a block after a checkpoint logs its full image. So a block whose image is
   * larger than the largest record could be filled once and never be changed again.
   */
  @Override
  public void check(Others others) {
    ByteSize block = others.size("weft.block-size").orElse(new ByteSize(0));
    int most = shape().maxRecordBytes();
    if (RecordEncoder.imageBytes(block, 1) > most) {
      throw new IllegalArgumentException(
          limits(block) + ": a full block could never be changed again" + remedy(block, 1));
    }
    if (RecordEncoder.imageBytes(block, Scope.MAX_LEASES) > most) {
      others.caution(
          limits(block)
              + ": a change of many blocks, right after a checkpoint, may be refused with"
              + " RECORD_TOO_LARGE; a change may have "
              + Scope.MAX_LEASES
              + remedy(block, Scope.MAX_LEASES));
    }
  }

  private String limits(ByteSize block) {
    return "weft.redo-log.file.segment = "
        + segment
        + " and weft.redo-log.file.buffer = "
        + buffer
        + " are too small for weft.block-size = "
        + block;
  }

  private static String remedy(ByteSize block, int blocks) {
    long record = Long.highestOneBit(RecordEncoder.imageBytes(block, blocks)) * 2;
    return "; give the segment at least "
        + new ByteSize(record)
        + " and the buffer at least "
        + new ByteSize(record * 2);
  }

  LogShape shape() {
    return new LogShape(
        (int) segment.bytes(),
        (int) buffer.bytes(),
        segmentRecords == 0 ? Long.MAX_VALUE : segmentRecords,
        segmentAge.isZero() ? Long.MAX_VALUE : segmentAge.toNanos(),
        imageCompression);
  }

  private static void checkSize(String key, ByteSize size) {
    check(LogFormat.isSegmentSize(size.bytes()), key, size, "a power of two from 64 KiB to 1 GiB");
  }

  private static void check(boolean good, String key, Object value, String allowed) {
    if (!good) {
      throw new IllegalArgumentException(
          "weft.redo-log.file." + key + " = " + value + " is not allowed: " + allowed);
    }
  }
}
