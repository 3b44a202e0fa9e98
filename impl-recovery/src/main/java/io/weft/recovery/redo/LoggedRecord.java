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
 * A record of a log, read where it lies; moved from record to record, and inside a record from
 * block to block and from range to range. For one thread. What is in the record is checked against
 * its length: a record that contradicts itself is a {@link RedoErrors#CORRUPT_LOG}.
 */
public final class LoggedRecord {
  /** What a record is for. */
  public enum Kind {
    /** A change of blocks. */
    CHANGE,
    /** The segment ends here, and the log goes on in the next. */
    END,
    /** A checkpoint has begun. */
    MARK,
    /** A checkpoint has ended; {@link LoggedRecord#scn} is its LSN. */
    CHECKPOINT,
    /** Nothing. */
    PAD
  }

  private static final Kind[] KINDS = Kind.values();

  private final LogId log;
  private MemorySegment memory = MemorySegment.NULL;
  private long at;
  private long lsn;
  private int length;
  private int blocksLeft;
  private int block; // offset in the record of the present block
  private int rangesLeft;
  private int range;
  private int next; // offset in the record of what comes after the present range or header

  LoggedRecord(LogId log) {
    this.log = log;
  }

  /** Moves to a record whose checksum is right. */
  void wrap(MemorySegment from, long offset, long recordLsn, int recordLength) {
    memory = from;
    at = offset;
    lsn = recordLsn;
    length = recordLength;
    rewind();
  }

  /** Goes back before the first block. */
  public void rewind() {
    blocksLeft = memory.get(U16, at + LogFormat.BLOCKS_AT) & LogFormat.MAX_U16;
    rangesLeft = 0;
    next = RECORD_HEADER_BYTES;
  }

  /** Whose log it is in. */
  public LogId log() {
    return log;
  }

  /** Where it begins. */
  public long lsn() {
    return lsn;
  }

  /** Where it ends: what {@code append} returned. */
  public long endLsn() {
    return lsn + length;
  }

  /** Its length in bytes. */
  public int length() {
    return length;
  }

  /** The log was durable up to here when this record was written. */
  public long stableLsn() {
    return lsn - Integer.toUnsignedLong(memory.get(U32, at + LogFormat.DISTANCE_AT));
  }

  /** What it is for. */
  public Kind kind() {
    return KINDS[memory.get(U16, at + LogFormat.KIND_AT) - 1];
  }

  /** Whether it is a change, which most are. */
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
      // skips what is left of the present block
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
   * @param offset what {@link #blockOffset} has returned for this block
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

  /** Offset in the record of the present block's header, in bytes. */
  public int blockOffset() {
    return block;
  }

  /** File of the present block. */
  public int file() {
    return memory.get(U32, at + block + LogFormat.FILE_AT);
  }

  /** Number of the present block. */
  public long number() {
    return memory.get(U64, at + block + LogFormat.NUMBER_AT);
  }

  /** Version of the present block after the change. */
  public long version() {
    return memory.get(U64, at + block + LogFormat.VERSION_AT);
  }

  /** Version of the present block before the change. */
  public long previousVersion() {
    return version() - (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.STEP_AT) & 0xFF);
  }

  /** Whether the present block's only range is its whole content, zero behind it. */
  public boolean isImage() {
    return (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.FLAGS_AT) & LogFormat.IMAGE)
        != 0;
  }

  /**
   * Whether that image is compressed: {@link #rangeOffset} is the number of its bytes then, and
   * {@link #rangeLength} that of the compressed ones.
   */
  public boolean isCompressed() {
    return (memory.get(ValueLayout.JAVA_BYTE, at + block + LogFormat.FLAGS_AT) & LogFormat.LZ4)
        != 0;
  }

  /** Number of ranges of the present block. */
  public int ranges() {
    return memory.get(U16, at + block + LogFormat.RANGES_AT) & LogFormat.MAX_U16;
  }

  /** Moves to the next range of the present block; false if there is none. */
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

  /** First byte of the present range, but see {@link #isCompressed}. */
  public int rangeOffset() {
    return memory.get(U16, at + range) & LogFormat.MAX_U16;
  }

  /** Bytes of the present range. */
  public int rangeLength() {
    return memory.get(U16, at + range + Short.BYTES) & LogFormat.MAX_U16;
  }

  /** New bytes of the present range as they are stored; valid until the record moves. */
  public MemorySegment rangeBytes() {
    return memory.asSlice(at + range + RANGE_HEADER_BYTES, rangeLength());
  }

  /**
   * Applies the present block's change to its content, from the range after the present one on.
   *
   * @param content of the block, without its header; what an image does not have becomes zero
   * @throws WeftException {@link io.weft.spi.redo.RedoErrors#CORRUPT_LOG} if the change does not
   *     fit into the content, which may be changed in part then
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
