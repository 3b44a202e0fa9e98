// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.U32;
import static io.weft.recovery.redo.LogFormat.U64;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The header in the first page of a segment, little-endian. It is written and forced before the
 * first record, and only when the whole previous segment is stable.
 *
 * <pre>
 *    0  u32  magic "WFTL"
 *    4  u32  CRC-32C over bytes 8 to 4095
 *    8  u32  format = 1
 *   12  u32  node
 *   16  u64  incarnation
 *   24  u64  hash of the cluster's name
 *   32  u64  number of the segment
 *   40  u64  bytes of a segment
 *   48  u64  LSN of the first record
 *   56  u64  checkpoint: recovery does not need the log up to this LSN
 *   64  u64  when it was written, milliseconds since 1970, informative
 *   72  u64  reach: largest distance of a proof from a damaged place; 0: the whole segment
 *   80       zero
 * </pre>
 *
 * @param log the log
 * @param cluster hash of the cluster's name
 * @param segment its number
 * @param segmentBytes size of each segment of the log
 * @param checkpoint LSN; all changes before it were stable in their blocks when the segment began
 * @param wallMillis when the segment began, in milliseconds since 1970
 * @param reach largest distance in bytes between a place that was stable once and the record that
 *     proves it; 0: not stated, anywhere in the segment
 */
record SegmentHeader(
    LogId log,
    long cluster,
    long segment,
    long segmentBytes,
    long checkpoint,
    long wallMillis,
    long reach) {
  /** First bytes of a header: "WFTL". */
  private static final int MAGIC = 'W' | 'F' << 8 | 'T' << 16 | 'L' << 24;

  /** Version of the format. */
  private static final int FORMAT = 1;

  /** First byte that the checksum covers. */
  private static final int CHECKED_AT = 8;

  long start() {
    return segment * segmentBytes;
  }

  /** Largest offset at which a proof that {@code offset} was stable may begin. */
  long lastProof(long offset) {
    return reach > 0 && reach < segmentBytes - offset ? offset + reach : segmentBytes;
  }

  long firstLsn() {
    return start() + LogFormat.SEGMENT_HEADER_BYTES;
  }

  /** Encodes the header into a page. */
  void encode(MemorySegment page) {
    page.fill((byte) 0);
    page.set(U32, 0, MAGIC);
    page.set(U32, 8, FORMAT);
    page.set(U32, 12, log.node());
    page.set(U64, 16, log.incarnation());
    page.set(U64, 24, cluster);
    page.set(U64, 32, segment);
    page.set(U64, 40, segmentBytes);
    page.set(U64, 48, firstLsn());
    page.set(U64, 56, checkpoint);
    page.set(U64, 64, wallMillis);
    page.set(U64, 72, reach);
    page.set(U32, 4, checksum(page));
  }

  /**
   * Decodes a page; empty if it is no header, or a damaged one, or one of another log or segment.
   *
   * @throws WeftException {@link RedoErrors#UNKNOWN_LOG_FORMAT} if a later version wrote it
   */
  static Optional<SegmentHeader> decode(MemorySegment page, LogId log, long segment) {
    if (page.get(U32, 0) != MAGIC || page.get(U32, 4) != checksum(page)) {
      return Optional.empty();
    }
    if (page.get(U32, 8) != FORMAT) {
      throw new WeftException(
          RedoErrors.UNKNOWN_LOG_FORMAT,
          "segment "
              + segment
              + " of log "
              + log
              + " has format "
              + page.get(U32, 8)
              + "; this version knows format "
              + FORMAT);
    }
    SegmentHeader header =
        new SegmentHeader(
            new LogId(page.get(U32, 12), page.get(U64, 16)),
            page.get(U64, 24),
            page.get(U64, 32),
            page.get(U64, 40),
            page.get(U64, 56),
            page.get(U64, 64),
            page.get(U64, 72));
    boolean fits =
        header.log.equals(log)
            && header.segment == segment
            && LogFormat.isSegmentSize(header.segmentBytes)
            && page.get(U64, 48) == header.firstLsn();
    return fits ? Optional.of(header) : Optional.empty();
  }

  private static int checksum(MemorySegment page) {
    CRC32C crc = new CRC32C();
    crc.update(page.asSlice(CHECKED_AT, LogFormat.PAGE_BYTES - CHECKED_AT).asByteBuffer());
    return (int) crc.getValue();
  }
}
