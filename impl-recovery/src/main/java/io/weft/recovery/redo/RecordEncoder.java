// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.ALIGNMENT;
import static io.weft.recovery.redo.LogFormat.BLOCKS_AT;
import static io.weft.recovery.redo.LogFormat.BLOCK_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.FILE_AT;
import static io.weft.recovery.redo.LogFormat.FLAGS_AT;
import static io.weft.recovery.redo.LogFormat.KIND_AT;
import static io.weft.recovery.redo.LogFormat.LOW_LSN_AT;
import static io.weft.recovery.redo.LogFormat.NUMBER_AT;
import static io.weft.recovery.redo.LogFormat.RANGES_AT;
import static io.weft.recovery.redo.LogFormat.RANGE_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.RECORD_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.SCN_AT;
import static io.weft.recovery.redo.LogFormat.STEP_AT;
import static io.weft.recovery.redo.LogFormat.U16;
import static io.weft.recovery.redo.LogFormat.U32;
import static io.weft.recovery.redo.LogFormat.U64;
import static io.weft.recovery.redo.LogFormat.VERSION_AT;

import io.weft.spi.plugin.ByteSize;
import io.weft.spi.redo.RedoRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Encodes changes as records, without the checksum and the length, which are written last.
 * Stateless.
 *
 * <p>A block whose last full image is not newer than the last checkpoint is logged with its whole
 * content, without trailing zeros, so that a torn write of the block can be repaired (full page
 * writes). A block is also logged as an image if its ranges would take more bytes; this keeps the
 * number of ranges within its field of 16 bits.
 */
final class RecordEncoder {
  private RecordEncoder() {}

  /** Bytes of a record with full images of {@code blocks} blocks without trailing zeros. */
  static long imageBytes(ByteSize block, int blocks) {
    long image = BLOCK_HEADER_BYTES + RANGE_HEADER_BYTES + block.bytes();
    return RECORD_HEADER_BYTES + blocks * image + ALIGNMENT;
  }

  /**
   * Bytes of the record.
   *
   * @param barrier LSN of the end of the last checkpoint's MARK record
   */
  static long length(RedoRecord record, long barrier, Images images) {
    long length = RECORD_HEADER_BYTES;
    int blocks = record.blocks();
    LogFormat.u16(blocks, "number of blocks"); // checked here, before room is reserved
    for (int i = 0; i < blocks; i++) {
      length += BLOCK_HEADER_BYTES;
      if (needsImage(record, i, barrier)) {
        length += RANGE_HEADER_BYTES + images.measure(i, record.content(i));
      } else {
        int ranges = record.ranges(i);
        for (int range = 0; range < ranges; range++) {
          length += RANGE_HEADER_BYTES + record.rangeLength(i, range);
        }
      }
    }
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /**
   * Writes the record to {@code at} of {@code to}, which must be zero. Called on the thread that
   * has just called {@link #length}.
   */
  static void encode(
      RedoRecord record, long barrier, Images images, long lsn, MemorySegment to, long at) {
    int blocks = record.blocks();
    header(LogFormat.CHANGE, record.scn(), blocks, lsn, to, at);
    long next = at + RECORD_HEADER_BYTES;
    for (int i = 0; i < blocks; i++) {
      next = encodeBlock(record, i, barrier, images, to, next);
    }
  }

  /** Writes the header of a record, without the checksum and the length. */
  static void header(int kind, long scn, int blocks, long lsn, MemorySegment to, long at) {
    to.set(U32, at + LOW_LSN_AT, (int) lsn);
    to.set(U64, at + SCN_AT, scn);
    to.set(U16, at + KIND_AT, (short) kind);
    to.set(U16, at + BLOCKS_AT, LogFormat.u16(blocks, "number of blocks"));
  }

  private static long encodeBlock(
      RedoRecord record, int index, long barrier, Images images, MemorySegment to, long at) {
    MemorySegment content = record.content(index);
    boolean image = needsImage(record, index, barrier);
    int ranges = image ? 1 : record.ranges(index);
    to.set(U32, at + FILE_AT, record.file(index));
    to.set(U64, at + NUMBER_AT, record.number(index));
    to.set(U64, at + VERSION_AT, record.version(index));
    to.set(U16, at + RANGES_AT, LogFormat.u16(ranges, "number of ranges"));
    boolean compressed = image && images.isCompressed(index);
    int flags = compressed ? LogFormat.IMAGE | LogFormat.LZ4 : image ? LogFormat.IMAGE : 0;
    to.set(ValueLayout.JAVA_BYTE, at + FLAGS_AT, (byte) flags);
    to.set(ValueLayout.JAVA_BYTE, at + STEP_AT, (byte) 1);
    long next = at + BLOCK_HEADER_BYTES;
    if (image) {
      next =
          compressed
              ? images.put(index, to, next)
              : encodeRange(content, 0, Images.usedBytes(content), to, next);
      record.imageLogged(index);
      return next;
    }
    for (int range = 0; range < ranges; range++) {
      int offset = record.rangeOffset(index, range);
      next = encodeRange(content, offset, record.rangeLength(index, range), to, next);
    }
    return next;
  }

  private static long encodeRange(
      MemorySegment content, int offset, int length, MemorySegment to, long at) {
    to.set(U16, at, LogFormat.u16(offset, "offset of a range"));
    to.set(U16, at + Short.BYTES, LogFormat.u16(length, "length of a range"));
    long data = at + RANGE_HEADER_BYTES;
    if (length == Long.BYTES) { // a counter or pointer: faster than a copy
      to.set(U64, data, content.get(U64, offset));
    } else {
      MemorySegment.copy(content, offset, to, data, length);
    }
    return data + length;
  }

  private static boolean needsImage(RedoRecord record, int index, long barrier) {
    return record.lastImageLsn(index) <= barrier || outgrowsImage(record, index);
  }

  /** Whether the ranges take more than the whole content, even with one byte each. */
  private static boolean outgrowsImage(RedoRecord record, int index) {
    return record.ranges(index) > record.content(index).byteSize() / (RANGE_HEADER_BYTES + 1);
  }
}
