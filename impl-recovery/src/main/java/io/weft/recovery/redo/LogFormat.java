// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.WeftException;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Redo log format 1, little-endian. A log is a sequence of segments of equal size, a power of two;
 * a log sequence number (LSN) is a byte's place in that sequence: segment * segment bytes + offset.
 *
 * <p>A segment is a header of one page and records, each on a multiple of 8 bytes and never split:
 *
 * <pre>
 *   record   0  u32  CRC-32C over bytes 4 to the end, LSN, incarnation (u64), node (u64)
 *            4  u32  length, padding included: a multiple of 8
 *            8  u32  low half of its LSN
 *           12  u32  its LSN - the LSN up to which the log was durable when it was written
 *           16  u64  SCN; for CHECKPOINT the LSN up to which the log may be forgotten
 *           24  u16  kind: CHANGE, END, MARK, CHECKPOINT or PAD
 *           26  u16  number of blocks
 *           28       blocks, one after the other; zero to the end
 *   block    0  u32  file
 *            4  u64  number
 *           12  u64  version after the change
 *           20  u16  number of ranges
 *           22  u8   flags: IMAGE, LZ4
 *           23  u8   version after - version before: 1
 *           24       ranges, one after the other
 *   range    0  u16  offset in the block's content
 *            2  u16  length
 *            4       the new bytes
 * </pre>
 *
 * <p>An image is one range from 0; what lies behind it is zero. A compressed image has its length
 * before compression in place of the offset. The whole format is described in
 * docs/formats/redo-log.md.
 */
final class LogFormat {
  static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Unit and alignment of device writes, in bytes. */
  static final int PAGE_BYTES = 4096;

  /** Offset of the first record in a segment. */
  static final int SEGMENT_HEADER_BYTES = PAGE_BYTES;

  /** Smallest segment. */
  static final int MIN_SEGMENT_BYTES = 64 << 10;

  /** Largest segment; offsets in a segment fit into an int. */
  static final int MAX_SEGMENT_BYTES = 1 << 30;

  /** Offsets in a record, as drawn above; so the following ones. */
  static final int CRC_AT = 0;

  static final int LENGTH_AT = 4;
  static final int LOW_LSN_AT = 8;
  static final int DISTANCE_AT = 12;
  static final int SCN_AT = 16;
  static final int KIND_AT = 24;
  static final int BLOCKS_AT = 26;

  /** Bytes before the first block of a record. */
  static final int RECORD_HEADER_BYTES = 28;

  /** Offsets in a block, as drawn above; so the following ones. */
  static final int FILE_AT = 0;

  static final int NUMBER_AT = 4;
  static final int VERSION_AT = 12;
  static final int RANGES_AT = 20;
  static final int FLAGS_AT = 22;
  static final int STEP_AT = 23;

  /** Bytes before the first range of a block. */
  static final int BLOCK_HEADER_BYTES = 24;

  /** Bytes before the data of a range. */
  static final int RANGE_HEADER_BYTES = 4;

  /** Records begin at multiples of this. */
  static final int ALIGNMENT = 8;

  /** A change of blocks. */
  static final int CHANGE = 1;

  /** The segment ends; the log continues in the next one. */
  static final int END = 2;

  /** A checkpoint has begun: the first change of a block after this record has a full image. */
  static final int MARK = 3;

  /** A checkpoint has ended. */
  static final int CHECKPOINT = 4;

  /** No content: an append that failed after it had reserved room, or a proof record. */
  static final int PAD = 5;

  /** Length of a record without blocks. */
  static final int BARE_BYTES = aligned(RECORD_HEADER_BYTES);

  /** Flag of a block: its only range is the whole content; the bytes after it are zero. */
  static final int IMAGE = 1;

  /**
   * Flag of an image: it is compressed, and its range's offset field has the uncompressed length.
   */
  static final int LZ4 = 2;

  /** Largest value of a field of 16 bits. */
  static final int MAX_U16 = 0xFFFF;

  /** Largest value of a field of 32 bits. */
  static final long MAX_U32 = 0xFFFF_FFFFL;

  /** Start value of FNV-1a. */
  private static final long FNV_BASIS = 0xCBF29CE484222325L;

  /** Factor of FNV-1a. */
  private static final long FNV_PRIME = 0x100000001B3L;

  private LogFormat() {}

  /**
   * A value as it is written to a field of 16 bits.
   *
   * @throws WeftException {@link RedoErrors#RECORD_TOO_LARGE} with the field's name if it does not
   *     fit
   */
  static short u16(long value, String field) {
    if (value < 0 || value > MAX_U16) {
      throw outOfField(value, field, MAX_U16);
    }
    return (short) value;
  }

  /** As {@link #u16}, for a field of 32 bits. */
  static int u32(long value, String field) {
    if (value < 0 || value > MAX_U32) {
      throw outOfField(value, field, MAX_U32);
    }
    return (int) value;
  }

  private static WeftException outOfField(long value, String field, long most) {
    return new WeftException(
        RedoErrors.RECORD_TOO_LARGE,
        "the "
            + field
            + " of a redo record is "
            + value
            + "; its field takes 0 to "
            + most
            + ": change fewer blocks at once");
  }

  static int aligned(int bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Identifies the cluster in segment headers: FNV-1a, 64 bits, of the name in UTF-8. */
  static long clusterHash(String clusterName) {
    long hash = FNV_BASIS;
    for (byte b : clusterName.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return hash;
  }

  static boolean isSegmentSize(long bytes) {
    return bytes >= MIN_SEGMENT_BYTES && bytes <= MAX_SEGMENT_BYTES && Long.bitCount(bytes) == 1;
  }

  static WeftException corrupt(String message) {
    return new WeftException(RedoErrors.CORRUPT_LOG, message);
  }
}
