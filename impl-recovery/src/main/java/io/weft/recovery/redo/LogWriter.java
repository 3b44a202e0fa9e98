// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.PAGE_BYTES;

import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Brings sealed records to the segments of one log, in whole pages. For one thread at a time, all
 * but {@link #prepare}.
 */
final class LogWriter {
  /*
   * A page that is only partly full is written again when more records come: with the same bytes for
   * what is durable, and new ones behind. A torn rewrite leaves each sector old or new, and both have
   * the durable bytes; nothing is padded, so that a small commit costs a small piece of the log. This
   * needs devices that write a sector (512 bytes or more) entirely or not at all, which disks and
   * flash drives promise; the format page says so.
   *
   * Whole pages, because a write of a part of a page that is not cached makes the kernel read it
   * first, and because the rest of the page, zeros, hides what a recycled segment has there.
   *
   * Order at the end of a segment: its bytes are forced before the next segment gets its header, and
   * the header is forced before the first record. So a valid header proves that the segment before
   * was stable as a whole: the scanner tells a damaged segment from a torn one by that.
   */
  private final LogDevice device;
  private final LogId log;
  private final long cluster;
  private final int segmentBytes;
  private final long reach;
  private final Runnable guard;
  private final LongSupplier wallMillis;
  private final MemorySegment staging;

  private LogSegment segment;
  private long number;
  private long stagedFrom; // offset in the segment of the first staged byte, at a page's begin
  private int staged;
  private int written; // of the staged bytes
  private boolean unforced;

  private final Object preparing = new Object();
  private Optional<LogSegment> spare = Optional.empty(); // for segment number + 1
  private boolean closed;

  /**
   * Makes the log's first segment.
   *
   * @param bufferBytes longest write, a multiple of the page
   * @param reach for the headers
   * @param guard runs before each write and throws if this node may not write any more
   * @param wallMillis for the headers
   */
  LogWriter(
      LogDevice device,
      LogId log,
      long cluster,
      int segmentBytes,
      int bufferBytes,
      long reach,
      Runnable guard,
      LongSupplier wallMillis) {
    this.device = device;
    this.log = log;
    this.cluster = cluster;
    this.segmentBytes = segmentBytes;
    this.reach = reach;
    this.guard = guard;
    this.wallMillis = wallMillis;
    this.staging = Arena.ofAuto().allocate(bufferBytes, PAGE_BYTES);
    // Without asking the guard: a node makes its log before it is a member and has a lease.
    this.segment = device.create(log, 0, segmentBytes);
    writeHeader(0);
  }

  /** Number of the segment that is written. */
  long segment() {
    return number;
  }

  /** Takes more bytes of the log. */
  void add(MemorySegment from, long index, int bytes) {
    long at = index;
    int left = bytes;
    while (left > 0) {
      int now = Math.min(left, (int) staging.byteSize() - staged);
      MemorySegment.copy(from, at, staging, staged, now);
      staged += now;
      at += now;
      left -= now;
      if (staged == staging.byteSize()) {
        write();
      }
    }
  }

  /** Writes what has been added. */
  void write() {
    if (staged == written) {
      return;
    }
    int begin = written & -PAGE_BYTES;
    int end = (staged + PAGE_BYTES - 1) & -PAGE_BYTES;
    staging.asSlice(staged, end - staged).fill((byte) 0);
    guard.run();
    segment.write(stagedFrom + begin, staging.asSlice(begin, end - begin));
    unforced = true;
    int full = staged & -PAGE_BYTES;
    if (full > 0) {
      MemorySegment.copy(staging, full, staging, 0, staged - full);
    }
    stagedFrom += full;
    staged -= full;
    written = staged;
  }

  /** Writes what has been added and makes it stable. */
  void force() {
    write();
    if (unforced) {
      segment.force();
      unforced = false;
    }
  }

  /** Ends the present segment and begins the next one. */
  void nextSegment(long checkpoint) {
    force();
    segment.close();
    guard.run();
    synchronized (preparing) {
      segment = spare.orElseGet(() -> device.create(log, number + 1, segmentBytes));
      spare = Optional.empty();
      number++;
    }
    guard.run(); // again: making a segment may have taken long
    writeHeader(checkpoint);
  }

  /** Makes the next segment before it is needed, which may take long. Any thread, at any time. */
  void prepare() {
    synchronized (preparing) {
      if (spare.isEmpty() && !closed) {
        guard.run();
        spare = Optional.of(device.create(log, number + 1, segmentBytes));
      }
    }
  }

  void close() {
    synchronized (preparing) {
      closed = true;
      spare.ifPresent(LogSegment::close);
      spare = Optional.empty();
    }
    segment.close();
  }

  private void writeHeader(long checkpoint) {
    MemorySegment page = staging.asSlice(0, PAGE_BYTES);
    new SegmentHeader(log, cluster, number, segmentBytes, checkpoint, wallMillis.getAsLong(), reach)
        .encode(page);
    segment.write(0, page);
    segment.force();
    unforced = false;
    stagedFrom = LogFormat.SEGMENT_HEADER_BYTES;
    staged = 0;
    written = 0;
  }
}
