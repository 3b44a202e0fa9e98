// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.store;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * Writes and verifies the header that {@link BlockLayout} defines, for every store. Stateless and
 * thread-safe. All methods take the whole physical block.
 */
public final class BlockHeader {
  /** The first four bytes are not the magic of the block format, and the block is not all zero. */
  public static final long BAD_MAGIC = -1;

  /** The checksum does not match the bytes. */
  public static final long BAD_CHECKSUM = -2;

  /** The checksum matches, but the format is not 1. */
  public static final long BAD_FORMAT = -3;

  /**
   * The block is intact, but it is a different block: it was written to or read from the wrong
   * place.
   */
  public static final long WRONG_BLOCK = -4;

  /** The block is intact, but its version is below 1, which no write produces. */
  public static final long BAD_VERSION = -5;

  /** The format number that this class writes. */
  public static final int FORMAT = 1;

  private static final int MAGIC = 'W' | 'F' << 8 | 'T' << 16 | 'B' << 24;

  private static final int MAGIC_AT = 0;
  private static final int CHECKSUM_AT = 4;
  private static final int VERSION_AT = 8;
  private static final int NUMBER_AT = 16;
  private static final int FILE_AT = 24;
  private static final int FORMAT_AT = 28;
  private static final int RESERVED_AT = 30;

  private static final ValueLayout.OfShort U16 =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final MemorySegment ZEROS =
      MemorySegment.ofArray(new byte[BlockLayout.MAX_BYTES]).asReadOnly();

  private BlockHeader() {}

  /**
   * Writes the header of a physical block whose content is already in place.
   *
   * @param version 1 or larger
   */
  public static void encode(MemorySegment physical, int file, long number, long version) {
    assert version >= 1 : "version " + version + " of block " + file + ":" + number;
    physical.set(U32, MAGIC_AT, MAGIC);
    physical.set(U64, VERSION_AT, version);
    physical.set(U64, NUMBER_AT, number);
    physical.set(U32, FILE_AT, file);
    physical.set(U16, FORMAT_AT, (short) FORMAT);
    physical.set(U16, RESERVED_AT, (short) 0);
    physical.set(U32, CHECKSUM_AT, checksum(physical));
  }

  /**
   * Verifies that the bytes are an intact image of the named block.
   *
   * @return the version; 0 if all bytes are zero, which means that the block was never written; or
   *     one of the negative constants of this class
   */
  public static long verify(MemorySegment physical, int file, long number) {
    if (physical.get(U32, MAGIC_AT) != MAGIC) {
      return isZero(physical) ? 0 : BAD_MAGIC;
    }
    if (physical.get(U32, CHECKSUM_AT) != checksum(physical)) {
      return BAD_CHECKSUM;
    }
    if (physical.get(U16, FORMAT_AT) != FORMAT) {
      return BAD_FORMAT;
    }
    if (physical.get(U64, NUMBER_AT) != number || physical.get(U32, FILE_AT) != file) {
      return WRONG_BLOCK;
    }
    long version = physical.get(U64, VERSION_AT);
    return version < 1 ? BAD_VERSION : version;
  }

  /** The version of an unreadable block is not known. */
  public static final long UNKNOWN_VERSION = -6;

  /**
   * The version in the header of a block whose checksum does not match. The header lies in one
   * sector, and a torn write leaves a sector either old or new. So this is the version before or
   * after the torn write.
   *
   * @return the version, 0 if the header is zero, or {@link #UNKNOWN_VERSION} if it is not a header
   *     of this block
   */
  public static long claimedVersion(MemorySegment physical, int file, long number) {
    if (isZero(physical.asSlice(0, BlockLayout.HEADER_BYTES))) {
      return 0;
    }
    boolean fits =
        physical.get(U32, MAGIC_AT) == MAGIC
            && physical.get(U16, FORMAT_AT) == FORMAT
            && physical.get(U64, NUMBER_AT) == number
            && physical.get(U32, FILE_AT) == file
            && physical.get(U64, VERSION_AT) >= 1;
    return fits ? physical.get(U64, VERSION_AT) : UNKNOWN_VERSION;
  }

  /**
   * Describes the problem that {@link #verify} found, as a clause with the values.
   *
   * @param problem one of the constants from {@link #BAD_MAGIC} to {@link #BAD_VERSION}
   */
  public static String describe(long problem, MemorySegment physical) {
    if (problem == BAD_MAGIC) {
      return String.format(
          Locale.ROOT, "it starts with %08x instead of \"WFTB\"", physical.get(U32, MAGIC_AT));
    }
    if (problem == BAD_CHECKSUM) {
      return String.format(
          Locale.ROOT,
          "its header says CRC-32C %08x, its bytes have %08x",
          physical.get(U32, CHECKSUM_AT),
          checksum(physical));
    }
    if (problem == BAD_FORMAT) {
      return String.format(
          Locale.ROOT, "its format is %d instead of %d", physical.get(U16, FORMAT_AT), FORMAT);
    }
    if (problem == WRONG_BLOCK) {
      return String.format(
          Locale.ROOT,
          "it is block %d:%d",
          physical.get(U32, FILE_AT),
          physical.get(U64, NUMBER_AT));
    }
    if (problem == BAD_VERSION) {
      return "its version is " + physical.get(U64, VERSION_AT);
    }
    throw new IllegalArgumentException(problem + " is not a problem of a block");
  }

  private static boolean isZero(MemorySegment physical) {
    return physical.mismatch(ZEROS.asSlice(0, physical.byteSize())) < 0;
  }

  private static int checksum(MemorySegment physical) {
    CRC32C crc = new CRC32C();
    crc.update(physical.asSlice(VERSION_AT).asByteBuffer());
    return (int) crc.getValue();
  }
}
