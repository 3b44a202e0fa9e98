// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.store;

/**
 * The physical block, format 1: a header of {@value #HEADER_BYTES} bytes, then the content.
 * Little-endian.
 *
 * <pre>
 *   0  u32  magic "WFTB"
 *   4  u32  CRC-32C over bytes 8 to the end of the block
 *   8  u64  version
 *  16  u64  block number
 *  24  u32  file
 *  28  u16  format = 1
 *  30  u16  0
 *  32       content
 * </pre>
 *
 * @param physicalBytes a power of two from 4,096 to 65,536
 */
public record BlockLayout(int physicalBytes) {
  /** Bytes before the content. */
  public static final int HEADER_BYTES = 32;

  /** Smallest physical block. */
  public static final int MIN_BYTES = 4 << 10;

  /** Largest physical block. */
  public static final int MAX_BYTES = 64 << 10;

  /** Rejects sizes that are no power of two or out of range. */
  public BlockLayout {
    if (physicalBytes < MIN_BYTES
        || physicalBytes > MAX_BYTES
        || Integer.bitCount(physicalBytes) != 1) {
      throw new IllegalArgumentException(
          "block size "
              + physicalBytes
              + " is not a power of two from "
              + MIN_BYTES
              + " to "
              + MAX_BYTES);
    }
  }

  /** Bytes that the application uses. */
  public int contentBytes() {
    return physicalBytes - HEADER_BYTES;
  }
}
