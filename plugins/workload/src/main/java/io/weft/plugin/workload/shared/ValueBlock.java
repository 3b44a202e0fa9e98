// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The content of a block with one value: the value at the start, and at the end a checksum, a
 * mixture of file, number and value. A block never written is all zero. Little-endian.
 */
public final class ValueBlock {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private ValueBlock() {}

  /** The value. */
  public static long value(MemorySegment content) {
    return content.get(LONG, 0);
  }

  /** Whether the end of the content belongs to its start. */
  public static boolean isWhole(int file, long number, MemorySegment content) {
    long value = value(content);
    long checksum = content.get(LONG, content.byteSize() - Long.BYTES);
    return checksum == checksum(file, number, value) || (checksum == 0 && value == 0);
  }

  /** Puts a new value into a leased block. */
  public static void write(Change change, ExclusiveLease lease, long value) {
    change.writable(lease, 0, Long.BYTES).set(LONG, 0, value);
    int end = (int) lease.content().byteSize() - Long.BYTES;
    change
        .writable(lease, end, Long.BYTES)
        .set(LONG, 0, checksum(lease.file(), lease.number(), value));
  }

  private static long checksum(int file, long number, long value) {
    return Mix.of(Mix.of(number ^ ((long) file << 48)) ^ value);
  }
}
