// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.BLOCK_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.RANGE_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.RECORD_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.U16;
import static io.weft.recovery.redo.LogFormat.U32;
import static io.weft.recovery.redo.LogFormat.U64;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A cursor over the records of a log, which reads them in place. It moves from record to record,
 * and inside a record from block to block and from range to range. For one thread. The fields are
 * checked against the length of the record: a contradiction is a {@link RedoErrors#CORRUPT_LOG}.
 */
public final class LoggedRecord {
  /** The kind of a record. */
  public enum Kind {
    /** A change of blocks. */
    CHANGE,
    /** The segment ends here, and the log continues in the next one. */
    END,
    /** A checkpoint has begun. */
    MARK,
    /** A checkpoint has ended; {@link LoggedRecord#scn} is its LSN. */
    CHECKPOINT,
    /** No content. */
    PAD
  }

  private static final Kind[] KINDS = Kind.values();

  private final LogId log;
  private MemorySegment memory = MemorySegment.NULL;
  private long at;
  private long lsn;
  private int length;
  private int blocksLeft;
  private int block; // offset in the record of the current block
  private int rangesLeft;
  private int range;
  private int next; // offset in the record after the current range or header

  LoggedRecord(LogId log) {
    this.log = log;
  }

  /** Moves to a record whose checksum has been verified. */
  void wrap(MemorySegment from, long offset, long recordLsn, int recordLength) {
    memory = from;
    at = offset;
    lsn = recordLsn;
    length = recordLength;
    rewind();
  }

  /** Moves back to before the first block. */
  public void rewind() {
    blocksLeft = memory.get(U16, at + LogFormat.BLOCKS_AT) & LogFormat.MAX_U16;
    rangesLeft = 0;
    next = RECORD_HEADER_BYTES;
  }

  /** The log of the record. */
  public LogId log() {
    return log;
  }

  /** LSN of its first byte. */
  public long lsn() {
    return lsn;
  }

  /** LSN of its end, as returned by {@code append}. */
  public long endLsn() {
    return lsn + length;
  }

  /** Its length in bytes. */
  public int length() {
    return length;
  }

  /** LSN up to which the log was durable when this record was written. */
  public long stableLsn() {
    return lsn - Integer.toUnsignedLong(memory.get(U32, at + LogFormat.DISTANCE_AT));
  }

  /** Its kind. */
  public Kind kind() {
    return KINDS[memory.get(U16, at + LogFormat.KIND_AT) - 1];
  }

  /** Whether it is a change; faster than {@link #kind}. */
  public boolean isChange() {
    return memory.get(U16, at + LogFormat.KIND_AT) == LogFormat.CHANGE;
  }

  /** Its system change number, or the LSN of a checkpoint. */
  public long scn() {
    return memory.get(U64, at + LogFormat.SCN_AT);
  }

  /** Number of blocks. */
  public int blocks() {
    return memory.get(U16, at + LogFormat.BLOCKS_AT) & LogFormat.MAX_U16;
  }

  /** Moves to the next block; false if there is none. */
  public boolean nextBlock() {
    while (nextRange()) {
      // skips the rest of the current block
    }
    if (blocksLeft == 0) {
      return false;
    }
    blocksLeft--;
    enter(next);
    return true;
  }

  /**
   * Moves to the block whose header begins at an offset of the record.
   *
   * @param offset the result of {@link #blockOffset} for this block
   * @throws WeftException {@link io.weft.spi.redo.RedoErrors#CORRUPT_LOG} if there is no block
   */
  public void enter(int offset) {
    block = offset;
    next = within((long) offset + BLOCK_HEADER_BYTES);
    rangesLeft = memory.get(U16, at + block + LogFormat.RANGES_AT) & LogFormat.MAX_U16;
    if (number() < 0 || version() < 1) {
      throw contradiction("has version " + version() + " of block " + file() + ":" + number());
    }
  }

  /** Offset in the record of the current block's header, in bytes. */
  public int blockOffset() {
    return block;
  }

  /** File of the current block. */
  public int file() {
    return memory.get(U32, at + block + LogFormat.FILE_AT);
  }

  /** Number of the current block. */
  public long number() {
    return memory.get(U64, at + block + LogFormat.NUMBER_AT);
  }

  /** Version of the current block after the change. */
  public long version() {
    return memory.get(U64, at + block + LogFormat.VERSION_AT);
  }

  /** Version of the current block before the change. */
  public long previousVersion() {
    return version() - (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.STEP_AT) & 0xFF);
  }

  /** Whether the current block is logged as a full image: one range from 0, zeros after it. */
  public boolean isImage() {
    return (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.FLAGS_AT) & LogFormat.IMAGE)
        != 0;
  }

  /**
   * Whether that image is compressed. Then {@link #rangeOffset} is its uncompressed length, and
   * {@link #rangeLength} its compressed length.
   */
  public boolean isCompressed() {
    return (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.FLAGS_AT) & LogFormat.LZ4)
        != 0;
  }

  /** Number of ranges of the current block. */
  public int ranges() {
    return memory.get(U16, at + block + LogFormat.RANGES_AT) & LogFormat.MAX_U16;
  }

  /** Moves to the next range of the current block; false if there is none. */
  public boolean nextRange() {
    if (rangesLeft == 0) {
      return false;
    }
    rangesLeft--;
    range = next;
    within((long) range + RANGE_HEADER_BYTES);
    next = within((long) range + RANGE_HEADER_BYTES + rangeLength());
    return true;
  }

  /** Offset of the current range in the content, but see {@link #isCompressed}. */
  public int rangeOffset() {
    return memory.get(U16, at + range) & LogFormat.MAX_U16;
  }

  /** Length of the current range in bytes. */
  public int rangeLength() {
    return memory.get(U16, at + range + Short.BYTES) & LogFormat.MAX_U16;
  }

  /** Stored bytes of the current range; valid until the cursor moves. */
  public MemorySegment rangeBytes() {
    return memory.asSlice(at + range + RANGE_HEADER_BYTES, rangeLength());
  }

  /**
   * Applies the current block's change to its content, beginning with the range after the current
   * one.
   *
   * @param content the content of the block, without its header; an image sets the rest of it to
   *     zero
   * @throws WeftException {@link io.weft.spi.redo.RedoErrors#CORRUPT_LOG} if the change does not
   *     fit into the content, which may then be partly changed
   */
  public void applyTo(MemorySegment content) {
    if (isImage()) {
      content.fill((byte) 0);
    }
    while (nextRange()) {
      if (isCompressed()) {
        unpackTo(content);
        continue;
      }
      int offset = rangeOffset();
      if (offset + rangeLength() > content.byteSize()) {
        throw contradiction(
            "changes bytes "
                + offset
                + " to "
                + (offset + rangeLength())
                + " of a block of "
                + content.byteSize());
      }
      MemorySegment.copy(memory, at + range + RANGE_HEADER_BYTES, content, offset, rangeLength());
    }
  }

  private void unpackTo(MemorySegment content) {
    int bytes = rangeOffset();
    if (!isImage() || bytes > content.byteSize() || !Images.unpack(rangeBytes(), content, bytes)) {
      throw contradiction(
          "has no image of " + bytes + " bytes for a block of " + content.byteSize());
    }
  }

  private int within(long offset) {
    if (offset > length) {
      throw contradiction("has " + length + " bytes, but its blocks take " + offset);
    }
    return (int) offset;
  }

  private WeftException contradiction(String what) {
    return LogFormat.corrupt("the record at LSN " + lsn + " of log " + log + " " + what);
  }
}
