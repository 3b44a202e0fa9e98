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
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A redo log without threads of its own: {@link #append} puts records into memory, {@link #flush}
 * writes and forces on the caller's thread. Thread-safe. {@code FileRedoLog} adds the flushing
 * threads; the simulator uses this class directly.
 *
 * <p>A failed write (a device error, a sealed log, an expired membership lease) fails the log
 * permanently and stops the node (RL-4). Nothing is retried, because after a failed fsync the
 * content of the device is unknown (LD-3).
 *
 * <p>Long because appending, writing and checkpoints move the same positions of the log, and their
 * assumptions about each other have to be read together.
 */
public final class RedoLogCore {
  /*
   * Write-ahead logging with redo only and fuzzy checkpoints after ARIES (Mohan et al., TODS 1992);
   * full images for the first change of a block after a checkpoint (full page writes); many commits
   * in one force (group commit, DeWitt et al., SIGMOD 1984).
   *
   * Appenders reserve room in the ring with one compare-and-set and never take a lock. The writer
   * (the thread that holds `writing`) writes checksums in place, copies the records to the log
   * writer's pages, and frees the room before it calls a device. So the ring fills only if the
   * device is slower than the appenders for longer than the ring lasts. Then an appender writes
   * itself, without forcing. This back-pressure is the only case in which append calls a device.
   *
   * The writer does not wait for the device to make stable what it has written, as long as little
   * is not stable. Another thread, if there is one, forces ahead of it (forceAhead) whenever an
   * eighth of the buffer has been written. It learns in `written` up to where records are complete
   * on the device: an LSN in the middle of a record is never durable, or the proof for it would
   * turn a torn write into damage.
   *
   * At most half a buffer of the segment is written and not forced: the writer forces before a
   * record that would exceed this. So a record that proves an earlier one stable (LogScanner)
   * begins at most half a buffer after it, and recovery need not search the whole segment for one.
   * The reach in the segment header is one longest write more, so that one piece of that length may
   * be lost together with the first proof.
   *
   * Checkpoints and images: an appender reads the tail BEFORE the barrier, and reserves by
   * compare-and-set on that tail. beginCheckpoint raises the barrier so that every appender logs
   * images, moves the tail by its mark, and only then lowers the barrier to the end of the mark. So
   * an appender that used the old barrier either has reserved before the mark, or its
   * compare-and-set fails and it decides again.
   */

  /** Most bytes checksummed and handed to the writer in one piece: 256 KiB. */
  private static final int RUN_BYTES = 256 << 10;

  /** Polls for a record whose appender has reserved room and not published it. */
  private static final int SPINS_FOR_A_GAP = 10_000;

  /** Pause of an appender that waits for another thread to free room: 20 us. */
  private static final long ROOM_NS = 20_000;

  /** The listener before one is set. */
  private static final Runnable NO_LISTENER = () -> {};

  private final LogDevice device;
  private final LogId log;
  private final long cluster;
  private final Views views;
  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;
  private final LogShape shape;
  private final Consumer<WeftException> onFailure;
  private final RedoRing ring;
  private final int maxRecord;
  private final Images images;
  private final int maxUnforced;
  private final NextSegment next;

  private volatile Optional<WeftException> failure = Optional.empty();
  private volatile long barrier; // an image up to this LSN does not replace older redo
  private volatile long checkpoint; // recovery reads from this LSN on
  private volatile Runnable onWork = NO_LISTENER;
  private volatile Runnable onWritten = NO_LISTENER;
  private volatile boolean armed;

  private final ReentrantLock writing = new ReentrantLock();
  private final LogChecksum checksum;
  private LogWriter writer;
  private volatile long durable; // moved by madeDurable
  private volatile long written; // no record is only in part on the device before this; no force
  private volatile long lastChange; // end of the last change that the writer took
  private volatile long proofEnd; // end of the record that proves the last flush; not forced
  private long segmentRecords;
  private long segmentBegun;
  private long oldestSegment;
  private boolean closed;

  /**
   * Creates a closed log; {@link #open} creates its first segment.
   *
   * @param views whose membership lease is checked before each write
   * @param onFailure receives the error of the log, once, on the failing thread; an expired
   *     membership lease is revoked instead
   */
  public RedoLogCore(
      LogDevice device,
      LogId log,
      String clusterName,
      Views views,
      LongSupplier nanoTime,
      LongSupplier wallMillis,
      LogShape shape,
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
    this.images = new Images(shape.images());
    this.maxUnforced = shape.maxUnforcedBytes();
    this.ring = new RedoRing(shape.bufferBytes(), maxRecord, SEGMENT_HEADER_BYTES);
    this.checksum = new LogChecksum(log);
    this.next = new NextSegment(nanoTime);
    this.durable = SEGMENT_HEADER_BYTES;
    this.checkpoint = SEGMENT_HEADER_BYTES;
  }

  /** Creates the first segment, and deletes unused logs of failed starts of this node. */
  public void open() {
    UnusedLogs.giveUp(device, log);
    guarded(
        () ->
            writer =
                new LogWriter(
                    device,
                    log,
                    cluster,
                    shape.segmentBytes(),
                    Math.min(LogShape.LONGEST_WRITE, shape.segmentBytes()),
                    shape.reachBytes(),
                    this::checkMembershipLease,
                    wallMillis));
    segmentBegun = nanoTime.getAsLong();
  }

  /**
   * Sets the listener for the first record after {@link #arm}, and for a quarter of the buffer
   * waiting; called on an appender's thread.
   */
  public void onWork(Runnable listener) {
    onWork = listener;
  }

  /**
   * Sets the listener for an eighth of the buffer that is written and not forced: another thread
   * should call {@link #forceAhead}. Called on the writing thread.
   */
  public void onWritten(Runnable listener) {
    onWritten = listener;
  }

  /** Requests one call of the listener at the next append. */
  public void arm() {
    armed = true;
  }

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
    assert ring.isClear(index, length) : log + " at LSN " + at;
    try {
      RecordEncoder.encode(record, newest, images, at, ring.memory(), index);
    } catch (RuntimeException | Error e) {
      // The room is reserved, and later records follow it: publish padding.
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

  /** Whether a record can be placed at {@code at}; if not, ends the segment or makes room. */
  private boolean isReady(long at, int length) {
    int offset = (int) at & (shape.segmentBytes() - 1);
    if (offset + length + BARE_BYTES > shape.segmentBytes()) {
      endSegmentAt(at);
      return false;
    }
    if (!ring.hasRoom(at + length)) {
      makeRoom(at + length);
      return false;
    }
    return true;
  }

  /** Ends the segment if the tail is still {@code at}. */
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
    return (lsn & -shape.segmentBytes()) + shape.segmentBytes();
  }

  /**
   * Back-pressure: the buffer is full. The appender waits until another thread's write has freed a
   * quarter of the buffer. If no thread writes, the appender does.
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
      onWork.run(); // an appender that arrived meanwhile relied on this thread to write
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
            + " bytes of redo is larger than the log accepts, "
            + maxRecord
            + " bytes; change fewer blocks at once, or raise weft.redo-log.file.buffer and"
            + " weft.redo-log.file.segment");
  }

  // ---- writing

  /** The LSN up to which everything is durable. */
  public long durableLsn() {
    return durable;
  }

  /** Whether a record is not durable yet, or not proved; proof records do not count. */
  public boolean hasVolatile() {
    long tail = ring.tail();
    return tail > durable && tail != proofEnd || needsProof();
  }

  /** Whether nothing follows a change that a force ahead has made durable. */
  public boolean needsProof() {
    long change = lastChange;
    return change > proofEnd && change <= durable && ring.tail() == durable;
  }

  /** The LSN up to which room has been reserved. */
  public long tail() {
    return ring.tail();
  }

  /** Whether the buffer is so full that it should be written, even without a force. */
  public boolean isPressed() {
    return ring.tail() - ring.head() >= ring.size() >> 2;
  }

  /** Whether a flush is in progress. */
  public boolean isWriting() {
    return writing.isLocked();
  }

  /**
   * Makes all records durable that were appended before the call; waits for a flush in progress.
   */
  public long flush() {
    writing.lock();
    try {
      return flushLocked();
    } finally {
      writing.unlock();
    }
  }

  /** As {@link #flush}, unless a flush is in progress; returns whether it flushed. */
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
          }
          if (end <= durable) { // also if a force ahead has been faster
            writeProof(end);
          }
        });
    if (isOld()) {
      rotate();
    }
    return durable;
  }

  /**
   * Advances the durable LSN after a force, if the membership lease is still valid: only then were
   * the bytes certainly written before another node sealed and read the log.
   */
  private void madeDurable(long end) {
    checkMembershipLease();
    if (end > ring.head()) {
      throw broken("is durable up to LSN " + end + ", after " + durable + ", in " + ring);
    }
    synchronized (checksum) { // one thread writes, and one forces ahead
      durable = Math.max(durable, end);
    }
  }

  /**
   * Makes durable what is written, while another thread writes on. For one thread, which does
   * nothing else.
   *
   * @return whether there was anything
   */
  public boolean forceAhead() {
    checkFailure();
    long end = written;
    if (end <= durable) {
      return false;
    }
    guarded(() -> writer.forceAhead(() -> madeDurable(end)));
    return true;
  }

  /**
   * Writes a proof record after a flush that no other record follows yet, so that damage in the
   * flush is not taken for a torn write. It is not forced: it survives the process, and the next
   * force of the page makes it stable.
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
      writer.write(); // now: in memory it would be lost with the process
    }
  }

  /** Writes appended records without a force, when the buffer fills up. */
  public void write() {
    writing.lock();
    try {
      checkFailure();
      guarded(() -> checksum(ring.tail()));
    } finally {
      writing.unlock();
    }
  }

  /** Creates the next segment if the current one is half full. */
  public void prepare() {
    if (((int) ring.head() & (shape.segmentBytes() - 1)) > shape.segmentBytes() / 2) {
      guarded(() -> next.prepare(writer));
    }
  }

  /** Ends the current segment, unless it is empty or an appender has ended it. */
  public void rotate() {
    long at = ring.tail();
    long next = nextSegmentStart(at);
    boolean empty = at + shape.segmentBytes() == next + SEGMENT_HEADER_BYTES;
    while (!empty && at < next && !endSegmentAt(at)) {
      at = ring.tail(); // an appender was faster
    }
  }

  private boolean isOld() {
    return segmentRecords >= shape.maxRecords()
        || shape.maxAgeNs() != Long.MAX_VALUE
            && segmentRecords > 0
            && nanoTime.getAsLong() - segmentBegun >= shape.maxAgeNs();
  }

  /**
   * Writes the checksums of published records up to {@code target} or more, and hands them to the
   * writer; returns the LSN where it stopped. It stops earlier at a record whose appender has
   * reserved room and does not publish it.
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

  /**
   * Writes the checksums of adjacent records in the ring, and hands them to the writer in one
   * piece.
   */
  private long checksumRun(long from) {
    int first = ring.index(from);
    forceBefore(from, ring.published(first));
    int limit = Math.min(first + RUN_BYTES, ring.size());
    int index = first;
    boolean ended = false;
    MemorySegment memory = ring.memory();
    ByteBuffer buffer = ring.buffer();
    long stable = durable;
    long change = lastChange; // a volatile write for each record costs as much as its checksum
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
        change = lsn + length;
      } else {
        ended = kind == LogFormat.END;
      }
    }
    int bytes = index - first;
    if (bytes == 0) {
      return from;
    }
    lastChange = change;
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
      askToForce(end);
    }
    return end;
  }

  private void askToForce(long end) {
    if (onWritten != NO_LISTENER && end - Math.max(written, durable) >= ring.size() >> 3) {
      writer.write();
      written = end;
      onWritten.run();
    }
  }

  /** Forces first if this record would exceed the limit of unforced bytes. */
  private void forceBefore(long lsn, int length) {
    if (length > 0 && lsn + length - durable > maxUnforced) {
      writer.awaitForce();
    }
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
      return; // closed: a checkpoint that was in progress when the node left
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
          if (lsn > durable) {
            throw broken("is deleted up to LSN " + lsn + ", but is durable up to " + durable);
          }
          long keep = lsn / shape.segmentBytes();
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
   * Makes all records durable and closes the log. Deletes the log if a checkpoint covers every
   * change. Also deletes a log to which nothing was ever appended, that of a failed start, with or
   * without a membership lease. After a failure or without a lease, only closes the segment.
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
        Thread.onSpinWait(); // an appender has not published its record
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
      Thread.onSpinWait(); // an appender has not published its record
    }
  }

  private void checkMembershipLease() {
    if (!views.leaseHolds()) {
      views.revokeLease(); // the membership stops the node with the reason (VW-4)
      throw new WeftException(
          CoreErrors.NODE_STOPPED,
          "log " + log + " is not written any more: the membership lease of this node has expired");
    }
  }

  private WeftException broken(String how) {
    return new WeftException(CoreErrors.INVARIANT_BROKEN, "log " + log + " " + how);
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
