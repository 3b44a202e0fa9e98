// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogDevice.LogSegment;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A segment seen through a window that moves along. For one thread; reused for one segment after
 * the other.
 */
final class SegmentWindow {
  private final int chunk;
  private MemorySegment memory = MemorySegment.NULL;
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private LogSegment segment;
  private long size;
  private long from;
  private long to;

  /** Reads pieces of {@code chunk} bytes, unless more is asked for at a time. */
  SegmentWindow(int chunk) {
    this.chunk = chunk;
  }

  /** Looks at a segment; keeps what is visible if it is the same. */
  void wrap(LogSegment next) {
    if (segment != next) {
      segment = next;
      size = next.bytes();
      from = 0;
      to = 0;
    }
  }

  /** Bytes of the segment. */
  long size() {
    return size;
  }

  MemorySegment memory() {
    return memory;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  /** Makes a piece of the segment visible; false if the segment is too short. */
  boolean covers(long offset, long bytes) {
    if (offset >= from && offset + bytes <= to) {
      return true;
    }
    if (offset + bytes > size) {
      return false;
    }
    if (bytes > memory.byteSize() || memory.byteSize() == 0) {
      allocate(Math.max(bytes, Math.min(chunk, size)));
    }
    long length = Math.min(Math.max(bytes, chunk), size - offset);
    segment.read(offset, memory.asSlice(0, length));
    from = offset;
    to = offset + length;
    return true;
  }

  /** Where a visible byte of the segment is in {@link #memory}. */
  int place(long offset) {
    return (int) (offset - from);
  }

  /** First byte behind what is visible. */
  long end() {
    return to;
  }

  private void allocate(long bytes) {
    int pages = (int) (bytes + LogFormat.PAGE_BYTES - 1) & -LogFormat.PAGE_BYTES;
    // Not an arena: short checksums over a buffer of an arena take a third longer.
    buffer = ByteBuffer.allocateDirect(pages);
    memory = MemorySegment.ofBuffer(buffer);
  }
}
