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
 * @param physicalBytes the size of the block in bytes: a power of two from 4,096 to 65,536
 */
public record BlockLayout(int physicalBytes) {
  /** Bytes before the content. */
  public static final int HEADER_BYTES = 32;

  /** Size of the smallest physical block in bytes. */
  public static final int MIN_BYTES = 4 << 10;

  /** Size of the largest physical block in bytes. */
  public static final int MAX_BYTES = 64 << 10;

  /** Rejects sizes that are not a power of two, or are out of range. */
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

  /** Bytes of content, which the application uses. */
  public int contentBytes() {
    return physicalBytes - HEADER_BYTES;
  }
}
