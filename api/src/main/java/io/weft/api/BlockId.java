// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * Names a block: a file of the shared storage and the block's number in it.
 *
 * <p>The hot calls of {@link Scope} take the two parts as primitives, so that no object is needed.
 *
 * @param file any 32-bit number; the file's {@link ResourceClass} is a property of the file
 * @param number 0 or larger
 */
public record BlockId(int file, long number) implements Comparable<BlockId> {
  /** Rejects negative block numbers. */
  public BlockId {
    if (number < 0) {
      throw new IllegalArgumentException("block number " + number + " is negative");
    }
  }

  @Override
  public int compareTo(BlockId other) {
    return file != other.file
        ? Integer.compare(file, other.file)
        : Long.compare(number, other.number);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockId that && number == that.number && file == that.file;
  }

  @Override
  public int hashCode() {
    long mixed = (number * 0x9E3779B97F4A7C15L) ^ (file * 0xC2B2AE3D27D4EB4FL);
    return (int) (mixed ^ (mixed >>> 32));
  }

  @Override
  public String toString() {
    return file + ":" + number;
  }
}
