// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.BARE_BYTES;
import static io.weft.recovery.redo.LogFormat.SEGMENT_HEADER_BYTES;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.runtime.Setback;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A redo log without threads: {@link #append} puts records into memory, {@link #flush} writes and
 * forces on the caller's thread. Thread-safe. The simulator runs it as it is; {@code FileRedoLog}
 * adds the threads.
 *
 * <p>What fails in writing (a device error, a sealed log, a lost lease) fails the log for good and
 * stops the node (RL-4): nothing is tried again, because after a failed fsync nobody knows what the
 * device has (LD-3).
 *
 * <p>Long because appending, writing and checkpoints move the same ends of the log, and what each
 * may assume of them has to be read together.
 */
public final class RedoLogCore {
  /*
   * Write-ahead logging with redo only and fuzzy checkpoints after ARIES (Mohan et al., TODS 1992);
   * full images of blocks first changed after a checkpoint, as full page writes are known from
   * databases; many commits in one force, as group commit (DeWitt et al., SIGMOD 1984).
   *
   * Appenders reserve room in the ring with one compare-and-set and never take a lock. The writer
   * (who holds `writing`) seals records in place, copies them to the log writer's pages and gives
   * the room back before any device is touched, so the ring fills up only if the device is slower
   * than the appenders for as long as the ring lasts. Then an appender writes (without forcing)
   * itself: that is the back-pressure, the only case in which append meets a device, and the
   * alternative would be to stop the node.
   *
   * The writer never has more than half a buffer in the segment that is not forced: it forces before
   * the record that would make it more. So a record that proves an earlier one stable (LogScanner)
   * begins at most half a buffer behind it, and whoever recovers need not search the whole segment
   * for one. The reach in the segment header is one long write more, so that a single piece of that
   * length may be lost together with the first proof.
   *
   * Checkpoints and images: an appender reads the tail BEFORE the barrier, and reserves by
   * compare-and-set on that tail. beginCheckpoint raises the barrier so that everybody logs images,
   * moves the tail by its mark, and only then lowers the barrier to the mark's end. So who has
   * decided by the old barrier either has reserved before the mark, or fails and decides again.
   */

  /**
   * How the log writes.
   *
   * @param segmentBytes a power of two from 64 KiB to 1 GiB
   * @param bufferBytes the same
   * @param maxRecords records after which a segment is ended
   * @param maxAgeNs age after which a segment is ended
   */
  public record Shape(
      int segmentBytes, int bufferBytes, long maxRecords, long maxAgeNs, ImageCompression images) {
    /** Checks the sizes. */
    public Shape {
      if (!LogFormat.isSegmentSize(segmentBytes)) {
        throw new IllegalArgumentException("segment of " + segmentBytes + " bytes");
      }
      if (Integer.bitCount(bufferBytes) != 1 || bufferBytes < LogFormat.MIN_SEGMENT_BYTES) {
        throw new IllegalArgumentException("buffer of " + bufferBytes + " bytes");
      }
    }

    /** Segments and a buffer of the given sizes, ended by size alone. */
    public static Shape of(int segmentBytes, int bufferBytes, ImageCompression images) {
      return new Shape(segmentBytes, bufferBytes, Long.MAX_VALUE, Long.MAX_VALUE, images);
    }

    /** The longest record. */
    public int maxRecordBytes() {
      return Math.min(bufferBytes / 2, segmentBytes - SEGMENT_HEADER_BYTES - BARE_BYTES);
    }

    /** Most bytes of a segment that are written and not forced; no record is longer. */
    int maxUnforcedBytes() {
      return bufferBytes / 2;
    }

    /** How far behind a place that was stable a record begins that proves it. */
    int reachBytes() {
      return maxUnforcedBytes() + Math.min(maxUnforcedBytes(), LONGEST_WRITE);
    }
  }

  private static final System.Logger LOG = System.getLogger("io.weft.redo");
  private static final int LONGEST_WRITE = 1 << 20;
  private static final int RUN_BYTES = 256 << 10;
  private static final int SPINS_FOR_A_GAP = 10_000;
  private static final long ROOM_NS = 20_000;
  private static final Runnable NOBODY = () -> {};

  private final LogDevice device;
  private final LogId log;
  private final long cluster;
  private final Views views;
  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;
  private final Shape shape;
  private final Consumer<WeftException> onFailure;
  private final RedoRing ring;
  private final int maxRecord;
  private final Images images;
  private final int maxUnforced;
  private final Setback lackOfSpace;

  private volatile Optional<WeftException> failure = Optional.empty();
  private volatile long barrier; // images older than this do not count any more
  private volatile long checkpoint; // what recovery begins with
  private volatile Runnable onWork = NOBODY;
  private volatile boolean armed;

  private final ReentrantLock writing = new ReentrantLock();
  private final LogChecksum checksum;
  private LogWriter writer;
  private volatile long durable;
  private volatile long lastChange; // end of the last change that the writer took
  private volatile long proofEnd; // end of the record that proves the last flush; not forced
  private long segmentRecords;
  private long segmentBegun;
  private long oldestSegment;
  private boolean closed;

  /**
   * A log that {@link #open} will make.
   *
   * @param views whose lease is asked before each write
   * @param onFailure hears why the log has failed, once, on the failing thread; a lease that is
   *     over is revoked instead
   */
  public RedoLogCore(
      LogDevice device,
      LogId log,
      String clusterName,
      Views views,
      LongSupplier nanoTime,
      LongSupplier wallMillis,
      Shape shape,
      Consumer<WeftException> onFailure) {
    this.device = device;
    this.log = log;
    this.cluster = LogFormat.clusterHash(clusterName);
    this.views = views;
    this.nanoTime = nanoTime;
    this.wallMillis = wallMillis;
    this.shape = shape;
    this.onFailure = onFailure;
    this.maxRecord = shape.maxRecordBytes();
    this.images = new Images(shape.images);
    this.maxUnforced = shape.maxUnforcedBytes();
    this.ring = new RedoRing(shape.bufferBytes, maxRecord, SEGMENT_HEADER_BYTES);
    this.checksum = new LogChecksum(log);
    this.lackOfSpace = new Setback(LOG, nanoTime);
    this.durable = SEGMENT_HEADER_BYTES;
    this.checkpoint = SEGMENT_HEADER_BYTES;
  }

  /** Makes the log's first segment; gives up what failed starts of this node have left. */
  public void open() {
    UnusedLogs.giveUp(device, log);
    guarded(
        () ->
            writer =
                new LogWriter(
                    device,
                    log,
                    cluster,
                    shape.segmentBytes,
                    Math.min(LONGEST_WRITE, shape.segmentBytes),
                    shape.reachBytes(),
                    this::checkMembershipLease,
                    wallMillis));
    segmentBegun = nanoTime.getAsLong();
  }

  /**
   * Hears, on an appender's thread, of the first record after {@link #arm}, and when a quarter of
   * the buffer is waiting.
   */
  public void onWork(Runnable listener) {
    onWork = listener;
  }

  /** Asks for one call of the listener at the next append. */
  public void arm() {
    armed = true;
  }

  /** Whose log this is. */
  public LogId log() {
    return log;
  }

  // ---- appending

  /** Appends a record; see {@link io.weft.spi.redo.RedoLog#append}. */
  public long append(RedoRecord record) {
    while (true) {
      checkFailure();
      long at = ring.tail(); // before the barrier
      long newest = barrier;
      long length = RecordEncoder.length(record, newest, images);
      if (length > maxRecord) {
        throw tooLarge(length);
      }
      if (isReady(at, (int) length) && ring.reserve(at, at + length)) {
        fill(record, newest, at, (int) length);
        long end = at + length;
        noticeWork(at, end);
        return end;
      }
    }
  }

  private void fill(RedoRecord record, long newest, long at, int length) {
    int index = ring.index(at);
    try {
      RecordEncoder.encode(record, newest, images, at, ring.memory(), index);
    } catch (RuntimeException | Error e) {
      // The room is taken, and whoever comes later stands behind it.
      RecordEncoder.header(LogFormat.PAD, 0, 0, at, ring.memory(), index);
      ring.publish(at, length);
      throw e;
    }
    ring.publish(at, length);
  }

  /** Appends a record without blocks; returns its end. */
  private long appendBare(int kind, long value) {
    while (true) {
      checkFailure();
      long at = ring.tail();
      if (isReady(at, BARE_BYTES) && ring.reserve(at, at + BARE_BYTES)) {
        RecordEncoder.header(kind, value, 0, at, ring.memory(), ring.index(at));
        ring.publish(at, BARE_BYTES);
        return at + BARE_BYTES;
      }
    }
  }

  /** Whether a record can go to {@code at}; if not, does something about it. */
  private boolean isReady(long at, int length) {
    int offset = (int) at & (shape.segmentBytes - 1);
    if (offset + length + BARE_BYTES > shape.segmentBytes) {
      endSegmentAt(at);
      return false;
    }
    if (!ring.hasRoom(at + length)) {
      makeRoom(at + length);
      return false;
    }
    return true;
  }

  /** Ends the segment at the tail, if the tail is still {@code at}. */
  private boolean endSegmentAt(long at) {
    long next = nextSegmentStart(at) + SEGMENT_HEADER_BYTES;
    if (!ring.hasRoom(at + BARE_BYTES)) {
      makeRoom(at + BARE_BYTES);
      return false;
    }
    if (!ring.reserve(at, next)) {
      return false;
    }
    RecordEncoder.header(LogFormat.END, 0, 0, at, ring.memory(), ring.index(at));
    ring.publish(at, BARE_BYTES);
    return true;
  }

  private long nextSegmentStart(long lsn) {
    return (lsn & -shape.segmentBytes) + shape.segmentBytes;
  }

  /**
   * Back-pressure: the buffer is full. Whoever writes gives room back piece by piece, and the
   * appender waits for a quarter of the buffer, not for the end of that write; if nobody writes, it
   * does so itself. For less than a quarter it would be back at once.
   */
  private void makeRoom(long end) {
    long enough = end - ring.size() + (ring.size() >> 2); // a record is no longer than half
    while (ring.head() < enough) {
      checkFailure();
      if (!writing.tryLock()) {
        LockSupport.parkNanos(this, ROOM_NS);
        continue;
      }
      try {
        checkFailure();
        guarded(() -> checksum(enough));
      } finally {
        writing.unlock();
      }
      onWork.run(); // who came meanwhile has found somebody writing, and trusts in that
    }
  }

  private void noticeWork(long at, long end) {
    int quarter = ring.size() >> 2;
    if (armed) {
      armed = false;
      onWork.run();
    } else if ((at ^ end) >= quarter && end - ring.head() >= quarter) {
      onWork.run();
    }
  }

  private WeftException tooLarge(long length) {
    return new WeftException(
        RedoErrors.RECORD_TOO_LARGE,
        "a change of "
            + length
            + " bytes of redo is larger than the log takes, "
            + maxRecord
            + " bytes; change fewer blocks at once, or raise weft.redo-log.file.buffer and"
            + " weft.redo-log.file.segment");
  }

  // ---- writing

  /** The LSN up to which everything is durable. */
  public long durableLsn() {
    return durable;
  }

  /** Whether a record waits to be made durable. */
  public boolean hasVolatile() {
    long tail = ring.tail();
    return tail > durable && tail != proofEnd;
  }

  /** The LSN up to which room has been taken by records. */
  public long tail() {
    return ring.tail();
  }

  /** Whether so much waits in the buffer that it should be written, if not made durable. */
  public boolean isPressed() {
    return ring.tail() - ring.head() >= ring.size() >> 2;
  }

  /** Whether a flush is going on. */
  public boolean isWriting() {
    return writing.isLocked();
  }

  /** Makes durable what has been appended before the call; waits for a flush that is going on. */
  public long flush() {
    writing.lock();
    try {
      return flushLocked();
    } finally {
      writing.unlock();
    }
  }

  /** The same, unless a flush is going on; returns whether it did. */
  public boolean tryFlush() {
    if (!writing.tryLock()) {
      return false;
    }
    try {
      flushLocked();
      return true;
    } finally {
      writing.unlock();
    }
  }

  private long flushLocked() {
    checkFailure();
    guarded(
        () -> {
          long end = checksum(ring.tail());
          if (end > durable && end != proofEnd) {
            writer.force();
            madeDurable(end);
            writeProof(end);
          }
        });
    if (isOld()) {
      rotate();
    }
    return durable;
  }

  /**
   * Only a lease that holds still proves that everything was written before anybody sealed and read
   * the log: a process may be paused between asking for the lease and writing.
   */
  private void madeDurable(long end) {
    checkMembershipLease();
    durable = end;
  }

  /**
   * Writes a record behind a flush that nothing follows yet: it proves that the flush was stable,
   * so that damage in it is not taken for a torn write. Not forced: it survives the process, and
   * the next force of the page makes it stable, too.
   */
  private void writeProof(long end) {
    if (lastChange > proofEnd
        && ring.tail() == end
        && isReady(end, BARE_BYTES)
        && ring.reserve(end, end + BARE_BYTES)) {
      RecordEncoder.header(LogFormat.PAD, 0, 0, end, ring.memory(), ring.index(end));
      ring.publish(end, BARE_BYTES);
      proofEnd = end + BARE_BYTES;
      checksum(proofEnd);
      writer.write(); // for itself: in memory it would go with the process
    }
  }

  /** Writes what has been appended, without making it durable; for a buffer that fills up. */
  public void write() {
    writing.lock();
    try {
      checkFailure();
      guarded(() -> checksum(ring.tail()));
    } finally {
      writing.unlock();
    }
  }

  /**
   * Makes the next segment ready if the present one is half full. Lack of space is no failure yet:
   * some may be there when the segment is needed.
   */
  public void prepare() {
    long at = ring.head();
    if (((int) at & (shape.segmentBytes - 1)) > shape.segmentBytes / 2 && lackOfSpace.isOver()) {
      guarded(
          () -> {
            try {
              writer.prepare();
              lackOfSpace.overcome();
            } catch (WeftException e) {
              if (!e.code().equals(RedoErrors.LOG_FULL)) {
                throw e;
              }
              lackOfSpace.met(
                  () ->
                      "this node stops when segment "
                          + writer.segment()
                          + " of its redo log is full, unless there is space by then: "
                          + e.getMessage());
            }
          });
    }
  }

  /** Ends the present segment, unless it is empty; when it returns, somebody has ended it. */
  public void rotate() {
    long at = ring.tail();
    long next = nextSegmentStart(at);
    boolean empty = at + shape.segmentBytes == next + SEGMENT_HEADER_BYTES;
    while (!empty && at < next && !endSegmentAt(at)) {
      at = ring.tail(); // an appender was faster
    }
  }

  private boolean isOld() {
    return segmentRecords >= shape.maxRecords
        || shape.maxAgeNs != Long.MAX_VALUE
            && segmentRecords > 0
            && nanoTime.getAsLong() - segmentBegun >= shape.maxAgeNs;
  }

  /**
   * Checksums published records up to {@code target}, at least, and hands them to the writer;
   * returns where it has stopped. A record that is not published in a while (its thread is not
   * running) ends it earlier.
   */
  private long checksum(long target) {
    long at = ring.head();
    int spins = 0;
    while (at < target) {
      long end = checksumRun(at);
      if (end == at) {
        if (++spins > SPINS_FOR_A_GAP) {
          break;
        }
        Thread.onSpinWait();
      }
      at = end;
    }
    return at;
  }

  /** Seals records that lie side by side in the ring, and hands them on in one piece. */
  private long checksumRun(long from) {
    int first = ring.index(from);
    forceBefore(from, ring.published(first));
    int limit = Math.min(first + RUN_BYTES, ring.size());
    int index = first;
    boolean ended = false;
    MemorySegment memory = ring.memory();
    ByteBuffer buffer = ring.buffer();
    long stable = durable;
    while (index < limit && !ended) {
      int length = ring.published(index);
      long lsn = from + index - first;
      if (length == 0 || lsn + length - stable > maxUnforced) {
        break;
      }
      memory.set(
          LogFormat.U32,
          index + LogFormat.DISTANCE_AT,
          LogFormat.u32(lsn - stable, "distance to what is durable"));
      int crc = checksum.of(buffer, index + LogFormat.LENGTH_AT, index + length, lsn);
      memory.set(LogFormat.U32, index + LogFormat.CRC_AT, crc);
      int kind = memory.get(LogFormat.U16, index + LogFormat.KIND_AT);
      index += length;
      segmentRecords++;
      if (kind == LogFormat.CHANGE) {
        lastChange = lsn + length;
      } else {
        ended = kind == LogFormat.END;
      }
    }
    int bytes = index - first;
    if (bytes == 0) {
      return from;
    }
    writer.add(memory, first, bytes);
    ring.clear(first, bytes);
    long end = from + bytes;
    if (ended) {
      end = nextSegmentStart(from) + SEGMENT_HEADER_BYTES;
      ring.advance(end);
      writer.nextSegment(checkpoint);
      madeDurable(end);
      segmentRecords = 0;
      segmentBegun = nanoTime.getAsLong();
    } else {
      ring.advance(end);
    }
    return end;
  }

  /** Keeps what is written and not forced below its limit; not for the first byte that is. */
  private void forceBefore(long lsn, int length) {
    if (length > 0 && lsn + length - durable > maxUnforced) {
      writer.force();
      madeDurable(lsn);
    }
  }

  // ---- checkpoints

  /** See {@link io.weft.spi.redo.RedoLog#beginCheckpoint}. */
  public synchronized long beginCheckpoint() {
    long before = barrier;
    barrier = Long.MAX_VALUE;
    long mark = before;
    try {
      mark = appendBare(LogFormat.MARK, 0);
    } finally {
      barrier = mark;
    }
    return mark;
  }

  /** See {@link io.weft.spi.redo.RedoLog#endCheckpoint}. */
  public synchronized void endCheckpoint(long lsn) {
    if (closed || lsn <= checkpoint) {
      return; // closed: one that was under way when the node left
    }
    if (lsn > ring.tail()) {
      throw new IllegalArgumentException(
          "checkpoint at LSN " + lsn + ", but the log ends at " + ring.tail());
    }
    flushUpTo(appendBare(LogFormat.CHECKPOINT, lsn));
    checkpoint = lsn;
    guarded(
        () -> {
          checkMembershipLease();
          long keep = lsn / shape.segmentBytes;
          while (oldestSegment < keep) {
            device.release(log, oldestSegment++);
          }
        });
  }

  /** Bytes of log that recovery would read. */
  public long bytesSinceCheckpoint() {
    return ring.tail() - checkpoint;
  }

  // ---- the end

  /**
   * Makes everything durable. Removes the log if a checkpoint covers every change: nothing is left
   * to recover. A log to which nothing was ever appended, that of a start that failed, is given up
   * instead, with or without a lease: its life may be in a view without knowing it. Otherwise,
   * after a failure or without a lease, only lets go of the device.
   */
  public synchronized void close() {
    if (writer == null || closed) {
      return;
    }
    closed = true;
    boolean unused = failure.isEmpty() && ring.tail() == SEGMENT_HEADER_BYTES;
    boolean mayWrite = failure.isEmpty() && views.leaseHolds();
    try {
      while (mayWrite && hasVolatile()) {
        flush();
        Thread.onSpinWait(); // behind a record whose thread is not running
      }
    } finally {
      writer.close();
    }
    if (unused || mayWrite && lastChange <= checkpoint) {
      device.delete(log);
    }
  }

  private void flushUpTo(long lsn) {
    while (flush() < lsn) {
      Thread.onSpinWait(); // behind a record whose thread is not running
    }
  }

  private void checkMembershipLease() {
    if (!views.leaseHolds()) {
      views.revokeLease(); // the membership stops the node, and says why (VW-4)
      throw new WeftException(
          CoreErrors.NODE_STOPPED,
          "log " + log + " is not written any more: this node's lease is over");
    }
  }

  private void checkFailure() {
    if (failure.isPresent()) {
      WeftException first = failure.get();
      throw new WeftException(first.code(), "the log has failed: " + first.getMessage(), first);
    }
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      throw fail(e);
    }
  }

  private WeftException fail(Throwable cause) {
    WeftException reason =
        cause instanceof WeftException known
            ? known
            : new WeftException(
                RedoErrors.LOG_IO, "log " + log + " cannot be written: " + cause, cause);
    boolean first;
    synchronized (ring) {
      first = failure.isEmpty();
      if (first) {
        failure = Optional.of(reason);
      }
    }
    if (first) {
      onFailure.accept(reason);
    }
    return reason;
  }
}
