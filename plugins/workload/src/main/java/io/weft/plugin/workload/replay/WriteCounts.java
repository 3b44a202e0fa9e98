// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The number of writes of each block by one node; blocks without writes are left out. Immutable.
 *
 * <p>The wire form is a list of pairs of variable-length numbers (seven bits per byte, low ones
 * first; the eighth bit is set if more follow): distance from the previous block, count.
 */
public final class WriteCounts {
  private final long[] blocks;
  private final int[] counts;

  private WriteCounts(long[] blocks, int[] counts) {
    this.blocks = blocks;
    this.counts = counts;
  }

  /** Keeps the blocks whose count is not 0. */
  static WriteCounts of(long[] ascendingBlocks, int[] counts) {
    long[] blocks = new long[ascendingBlocks.length];
    int[] kept = new int[counts.length];
    int size = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        blocks[size] = ascendingBlocks[i];
        kept[size++] = counts[i];
      }
    }
    return new WriteCounts(Arrays.copyOf(blocks, size), Arrays.copyOf(kept, size));
  }

  /** The writes of one block. */
  int of(long block) {
    int index = Arrays.binarySearch(blocks, block);
    return index < 0 ? 0 : counts[index];
  }

  /** The writes of all blocks. */
  public long total() {
    return Arrays.stream(counts).asLongStream().sum();
  }

  /** The wire form. */
  byte[] encoded() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(blocks.length * 3);
    long before = 0;
    for (int i = 0; i < blocks.length; i++) {
      put(out, blocks[i] - before);
      put(out, counts[i]);
      before = blocks[i];
    }
    return out.toByteArray();
  }

  /** Reads the wire form. */
  public static WriteCounts decoded(byte[] bytes) {
    long[] numbers = numbers(bytes);
    if (numbers.length % 2 != 0) {
      throw broken(bytes.length);
    }
    long[] blocks = new long[numbers.length / 2];
    int[] counts = new int[numbers.length / 2];
    long block = 0;
    for (int i = 0; i < blocks.length; i++) {
      block += numbers[2 * i];
      blocks[i] = block;
      counts[i] = (int) numbers[2 * i + 1];
    }
    return new WriteCounts(blocks, counts);
  }

  private static void put(ByteArrayOutputStream out, long number) {
    long rest = number;
    for (; rest >= 0x80; rest >>>= 7) {
      out.write((int) (rest & 0x7f) | 0x80);
    }
    out.write((int) rest);
  }

  private static long[] numbers(byte[] bytes) {
    long[] numbers = new long[bytes.length];
    int size = 0;
    int shift = 0;
    for (byte b : bytes) {
      numbers[size] |= (long) (b & 0x7f) << shift;
      shift += 7;
      if (b >= 0) {
        size++;
        shift = 0;
      }
    }
    if (shift != 0) {
      throw broken(bytes.length);
    }
    return Arrays.copyOf(numbers, size);
  }

  private static WeftException broken(int length) {
    return new WeftException(
        WorkloadErrors.BAD_COMMAND, "the write counts end within a pair, after " + length);
  }
}
