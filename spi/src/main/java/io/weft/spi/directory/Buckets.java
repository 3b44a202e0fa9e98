// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

/**
 * The fixed map from blocks to buckets, the same on all nodes and in all versions. Neighbouring
 * blocks form extents of {@value #EXTENT_BLOCKS} blocks. An extent hashes to one of {@value #COUNT}
 * buckets. Stateless and thread-safe.
 *
 * <p>The hash is the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014, mix64 variant 13) over {@code file * 0x9E3779B97F4A7C15 +
 * extent}, of which the top 16 bits name the bucket.
 */
public final class Buckets {
  /** Number of buckets. */
  public static final int COUNT = 1 << 16;

  /** Number of blocks in an extent. */
  public static final int EXTENT_BLOCKS = 64;

  private static final int EXTENT_SHIFT = 6;

  private Buckets() {}

  /** The bucket of a block, 0 to 65,535. */
  public static int of(int file, long number) {
    return ofHash(mix(file * 0x9E3779B97F4A7C15L + (number >>> EXTENT_SHIFT)));
  }

  /** The bucket of anything with a hash of 64 evenly distributed bits, 0 to 65,535. */
  public static int ofHash(long hash) {
    return (int) (hash >>> 48);
  }

  /** The finalizer of SplitMix64. */
  public static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
