// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.spi.redo.LogDevice.LogSegment;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A moving window over the bytes of a segment, in memory. For one thread; reused for several
 * segments.
 */
final class SegmentWindow {
  private final int chunk;
  private MemorySegment memory = MemorySegment.NULL;
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private LogSegment segment;
  private long size;
  private long from;
  private long to;

  /** Creates a window that reads {@code chunk} bytes at a time, or more if requested. */
  SegmentWindow(int chunk) {
    this.chunk = chunk;
  }

  /** Moves to a segment; keeps the bytes in memory if it is the same one. */
  void wrap(LogSegment next) {
    if (segment != next) {
      segment = next;
      size = next.bytes();
      from = 0;
      to = 0;
    }
  }

  /** Size of the segment in bytes. */
  long size() {
    return size;
  }

  MemorySegment memory() {
    return memory;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  /** Reads a piece of the segment into memory; false if the segment is too short. */
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

  /** Position in {@link #memory} of an offset of the segment. */
  int place(long offset) {
    return (int) (offset - from);
  }

  /** Offset in the segment after the last byte in memory. */
  long end() {
    return to;
  }

  private void allocate(long bytes) {
    int pages = (int) (bytes + LogFormat.PAGE_BYTES - 1) & -LogFormat.PAGE_BYTES;
    // Not from an arena: short checksums over an arena's buffer take a third longer.
    buffer = ByteBuffer.allocateDirect(pages);
    memory = MemorySegment.ofBuffer(buffer);
  }
}
