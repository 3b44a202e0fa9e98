// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.PAGE_BYTES;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Writes checksummed records to the segments of one log, in whole pages. One thread at a time,
 * except {@link #prepare}, {@link #forceAhead} and {@link #awaitForce}.
 */
final class LogWriter {
  /*
   * A partly full page is written again when more records follow: with the same bytes for the
   * durable part, and new bytes after it. After a torn rewrite each sector is old or new, and both
   * have the durable bytes. So pages are not padded, and a small commit takes little room in the
   * log. This needs devices that write a sector (512 bytes or more) entirely or not at all, as
   * disks and flash drives do; the format page states this requirement.
   *
   * Whole pages are written for two reasons: the kernel would have to read an uncached page before
   * a partial write, and the zeros in the rest of the page erase the old bytes of a recycled
   * segment.
   *
   * Order at the end of a segment: its bytes are forced before the next segment gets its header,
   * and the header is forced before the first record. So a valid header proves that the whole
   * previous segment was stable, which lets the scanner distinguish damage from a torn write.
   *
   * Another thread may force the segment while this one writes on (forceAhead). Forces and the
   * change of segments exclude each other by a lock, and after a failed force there is no other
   * one on any thread: the device reports a failure once (LD-3).
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
  private long stagedFrom; // offset in the segment of the first staged byte, the start of a page
  private int staged;
  private int written; // of the staged bytes
  private volatile long writes; // calls of the device

  private final ReentrantLock forcing = new ReentrantLock();
  private long writesForced; // the next ones, and changes of the segment: by the owner of the lock
  private Optional<WeftException> broken = Optional.empty();

  private final Object preparing = new Object();
  private Optional<LogSegment> spare = Optional.empty(); // for segment number + 1
  private boolean closed;

  /**
   * Creates the first segment of the log.
   *
   * @param bufferBytes longest write, a multiple of the page
   * @param reach largest distance of a proof record from a damaged place, for the headers
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
    // Without the guard: a node creates its log before it is a member and has a lease.
    this.segment = device.create(log, 0, segmentBytes);
    writeHeader(0);
  }

  /** Number of the current segment. */
  long segment() {
    return number;
  }

  /** Adds bytes of the log. */
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
    writes++; // by this thread alone
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
    forceWritten(() -> {});
  }

  /**
   * Makes stable what was written before the call, while another thread writes on. Any thread.
   *
   * @param then runs before the next force can begin
   */
  void forceAhead(Runnable then) {
    forceWritten(then);
  }

  /** Waits for a force in progress. */
  void awaitForce() {
    forcing.lock();
    forcing.unlock();
  }

  private void forceWritten(Runnable then) {
    forcing.lock();
    try {
      if (broken.isPresent()) {
        throw broken.get();
      }
      long before = writes;
      if (before != writesForced) {
        forceSegment();
        writesForced = before;
      }
      then.run();
    } finally {
      forcing.unlock();
    }
  }

  private void forceSegment() {
    try {
      segment.force();
    } catch (WeftException e) {
      broken = Optional.of(e);
      throw e;
    } catch (RuntimeException | Error e) {
      broken =
          Optional.of(
              new WeftException(
                  RedoErrors.LOG_IO, "log " + log + " cannot be forced: " + e.getMessage(), e));
      throw e;
    }
  }

  /** Ends the current segment and begins the next one. */
  void nextSegment(long checkpoint) {
    force();
    forcing.lock(); // nothing is left to force; a force ahead waits for the next segment
    try {
      segment.close();
      guard.run();
      synchronized (preparing) {
        segment = spare.orElseGet(() -> device.create(log, number + 1, segmentBytes));
        spare = Optional.empty();
        number++;
      }
      guard.run(); // again: creating a segment may have taken long
      writeHeader(checkpoint);
    } finally {
      forcing.unlock();
    }
  }

  /**
   * Creates the next segment ahead of need, because that may take long. Any thread, at any time.
   */
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
    awaitForce();
    segment.close();
  }

  private void writeHeader(long checkpoint) {
    MemorySegment page = staging.asSlice(0, PAGE_BYTES);
    new SegmentHeader(log, cluster, number, segmentBytes, checkpoint, wallMillis.getAsLong(), reach)
        .encode(page);
    segment.write(0, page);
    forceSegment();
    stagedFrom = LogFormat.SEGMENT_HEADER_BYTES;
    staged = 0;
    written = 0;
  }
}
