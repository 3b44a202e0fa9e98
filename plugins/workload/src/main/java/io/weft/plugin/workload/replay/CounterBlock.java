// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import io.weft.plugin.workload.shared.Mix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The content of a block of the replay.
 *
 * <pre>
 *   0              u64 per node: number of writes of this block by that node
 *   content - 8    u64 checksum: a mixture of the block's number and all of its counters
 * </pre>
 *
 * The counters are at one end and the checksum at the other, so that an image mixed from two
 * versions does not match. A block never written is all zero. Little-endian.
 */
final class CounterBlock {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private CounterBlock() {}

  /** Offset of a node's counter. */
  static int offsetOf(int node) {
    return node * Long.BYTES;
  }

  /** Offset of the checksum. */
  static int checksumOffset(int contentBytes) {
    return contentBytes - Long.BYTES;
  }

  /** A node's counter. */
  static long counter(MemorySegment content, int node) {
    return content.get(LONG, offsetOf(node));
  }

  /** The stored checksum. */
  static long checksum(MemorySegment content) {
    return content.get(LONG, content.byteSize() - Long.BYTES);
  }

  /** The checksum of the counters. */
  static long checksumFor(long block, MemorySegment content, int nodes) {
    long sum = 0;
    long checksum = block;
    for (int node = 0; node < nodes; node++) {
      long counter = counter(content, node);
      sum |= counter;
      checksum = Mix.of(checksum ^ counter);
    }
    return sum == 0 ? 0 : checksum;
  }

  /** Writes a number at the start of a range. */
  static void put(MemorySegment range, long value) {
    range.set(LONG, 0, value);
  }
}
