// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static io.weft.recovery.redo.LogFormat.BARE_BYTES;
import static io.weft.recovery.redo.LogFormat.SEGMENT_HEADER_BYTES;
import static io.weft.recovery.redo.LogFormat.U32;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Reads a log from its first retained record to its end, and determines that end. Changes nothing.
 * For one thread.
 */
public final class LogScanner {
  /*
   * An invalid record is the end of the log, unless something after it proves that it was stable
   * once:
   *
   *   - a valid header of a later segment: it is written only when everything before is stable;
   *   - a valid later record of this log, which states that the log was durable beyond the damaged
   *     record when it was written.
   *
   * Valid later records without that statement belong to the same flush. A device may keep any part
   * of an incomplete flush, so they were never acknowledged, and are left out. The segment header
   * states the largest distance of the first proof from a damaged place, so the rest of a long
   * segment is not searched while recovery waits. Damage in the last flush of a log cannot be
   * distinguished from a torn write, unless a proof record follows that flush.
   */
  /** Bytes read from a segment at a time: 1 MiB. */
  private static final int CHUNK_BYTES = 1 << 20;

  /** Places fetched at first in the search for a proof, which is usually near. */
  private static final int FEW_PLACES = 64;

  /** Most places fetched at a time in the search for a proof. */
  private static final int MANY_PLACES = 8 << 10;

  /** A page of zeros, for comparisons. */
  private static final MemorySegment ZEROS =
      MemorySegment.ofArray(new byte[LogFormat.PAGE_BYTES]).asReadOnly();

  private final LogDevice device;
  private final LogId log;
  private final Consumer<LoggedRecord> visitor;
  private final LogChecksum checksum;
  private final LoggedRecord record;
  private final SegmentWindow window = new SegmentWindow(CHUNK_BYTES);
  private final long[] places = new long[MANY_PLACES];

  private List<Long> segments = List.of();
  private Optional<SegmentHeader> first = Optional.empty();
  private long segmentBytes;
  private long end;
  private long checkpoint;
  private int used;
  private long changes;
  private long bytes;
  private long maxScn;

  private LogScanner(LogDevice device, LogId log, Consumer<LoggedRecord> visitor) {
    this.device = device;
    this.log = log;
    this.visitor = visitor;
    this.checksum = new LogChecksum(log);
    this.record = new LoggedRecord(log);
  }

  /**
   * Reads a log.
   *
   * @param visitor sees each valid record in order, on the caller's thread; the object is reused.
   *     Only the checksum of the record has been checked; reading its blocks may still find a
   *     contradiction
   * @throws WeftException {@link RedoErrors#CORRUPT_LOG}, after the records before the damage have
   *     been seen; {@link RedoErrors#UNKNOWN_LOG_FORMAT} or {@link RedoErrors#LOG_IO}
   */
  public static LogScan scan(LogDevice device, LogId log, Consumer<LoggedRecord> visitor) {
    return new LogScanner(device, log, visitor).scan();
  }

  private LogScan scan() {
    segments = device.segments(log);
    LogScan.End how = segments.isEmpty() ? LogScan.End.EMPTY : walk(segments.getFirst());
    return new LogScan(
        log,
        first.map(SegmentHeader::cluster).orElse(0L),
        segments.isEmpty() ? 0 : segments.getFirst(),
        used,
        segmentBytes,
        first.map(SegmentHeader::firstLsn).orElse(0L),
        end,
        checkpoint,
        changes,
        bytes,
        maxScn,
        how);
  }

  private LogScan.End walk(long from) {
    long number = from;
    while (true) {
      if (!segments.contains(number)) {
        failIfLaterSegment(number, 0, "the segment is missing");
        return LogScan.End.SEGMENT_END;
      }
      try (LogSegment segment = device.open(log, number)) {
        window.wrap(segment);
        checkSize(number);
        Optional<SegmentHeader> header = header(number);
        if (header.isEmpty()) {
          return withoutHeader(number);
        }
        begin(header.get());
        long offset = walkRecords(header.get());
        if (offset >= 0) {
          return endAt(header.get(), offset);
        }
      }
      number++;
    }
  }

  private void begin(SegmentHeader header) {
    if (first.isEmpty()) {
      first = Optional.of(header);
      segmentBytes = header.segmentBytes();
    } else if (header.segmentBytes() != segmentBytes) {
      throw corrupt(
          header.segment(),
          0,
          "a header with segments of " + segmentBytes + " bytes",
          "one of " + header.segmentBytes());
    }
    checkpoint = Math.max(checkpoint, header.checkpoint());
    end = header.firstLsn();
    used++;
  }

  private Optional<SegmentHeader> header(long number) {
    if (!window.covers(0, SEGMENT_HEADER_BYTES)) {
      return Optional.empty();
    }
    MemorySegment page = window.memory().asSlice(window.place(0), SEGMENT_HEADER_BYTES);
    return SegmentHeader.decode(page, log, number);
  }

  /** Visits valid records; returns the offset of the first invalid one, -1 if the segment ended. */
  private long walkRecords(SegmentHeader header) {
    long offset = SEGMENT_HEADER_BYTES;
    while (true) {
      int length = validLength(header, offset);
      if (length == 0) {
        return offset;
      }
      long lsn = header.start() + offset;
      record.wrap(window.memory(), window.place(offset), lsn, length);
      bytes += length;
      end = lsn + length;
      if (record.isChange()) {
        changes++;
        maxScn = Math.max(maxScn, record.scn());
        visitor.accept(record);
      } else {
        checkpoint = Math.max(checkpoint, checkpointOf());
        visitor.accept(record);
        if (record.kind() == LoggedRecord.Kind.END) {
          return -1;
        }
      }
      offset += length;
    }
  }

  private long checkpointOf() {
    return record.kind() == LoggedRecord.Kind.CHECKPOINT ? record.scn() : 0;
  }

  /** Length of the record at an offset of the segment; 0 if there is no valid one. */
  private int validLength(SegmentHeader header, long offset) {
    if (!window.covers(offset, BARE_BYTES)) {
      return 0;
    }
    MemorySegment memory = window.memory();
    int place = window.place(offset);
    long lsn = header.start() + offset;
    int length = memory.get(U32, place + LogFormat.LENGTH_AT);
    if (memory.get(U32, place + LogFormat.LOW_LSN_AT) != (int) lsn
        || length < BARE_BYTES
        || (length & (LogFormat.ALIGNMENT - 1)) != 0
        || length > header.segmentBytes() - offset
        || !window.covers(offset, length)) {
      return 0;
    }
    place = window.place(offset);
    int crc = checksum.of(window.buffer(), place + LogFormat.LENGTH_AT, place + length, lsn);
    memory = window.memory();
    int kind = memory.get(LogFormat.U16, place + LogFormat.KIND_AT);
    boolean valid =
        memory.get(U32, place + LogFormat.CRC_AT) == crc
            && kind >= LogFormat.CHANGE
            && kind <= LogFormat.PAD;
    return valid ? length : 0;
  }

  // ---- the end, or damage

  private LogScan.End endAt(SegmentHeader header, long offset) {
    boolean zero = isZero(header, offset);
    String found = zero ? "zeros" : "something else";
    failIfLaterSegment(header.segment(), offset, found);
    OptionalLong proof = laterRecord(header, offset);
    if (proof.isPresent()) {
      throw corrupt(
          header.segment(),
          offset,
          "the record with LSN " + (header.start() + offset),
          found + "; but the record with LSN " + proof.getAsLong() + " proves that it was stable");
    }
    return zero ? LogScan.End.ZERO_TAIL : LogScan.End.TORN_TAIL;
  }

  private LogScan.End withoutHeader(long number) {
    failIfLaterSegment(number, 0, "no valid header");
    boolean begun = first.isPresent();
    if (!begun && number > 0) {
      throw corrupt(number, 0, "the header of the log's first segment", "no valid one");
    }
    long size = window.size();
    if (LogFormat.isSegmentSize(size)) {
      long reach = first.map(SegmentHeader::reach).orElse(0L);
      SegmentHeader expected = new SegmentHeader(log, 0, number, size, 0, 0, reach);
      if (firstRecord(expected).isPresent()) {
        throw corrupt(number, 0, "the header of the segment", "no valid one, but valid records");
      }
    }
    return begun ? LogScan.End.SEGMENT_END : LogScan.End.EMPTY;
  }

  /** A valid header of a later segment proves that everything before was stable. */
  private void failIfLaterSegment(long number, long offset, String found) {
    for (long later : segments) {
      if (later > number && hasHeader(later)) {
        throw corrupt(
            number,
            offset,
            offset == 0 ? "a segment" : "a record",
            found + "; but segment " + later + " proves that it was stable");
      }
    }
  }

  private boolean hasHeader(long number) {
    try (LogSegment segment = device.open(log, number)) {
      if (segment.bytes() < SEGMENT_HEADER_BYTES) {
        return false;
      }
      SegmentWindow page = new SegmentWindow(SEGMENT_HEADER_BYTES);
      page.wrap(segment);
      return page.covers(0, SEGMENT_HEADER_BYTES)
          && SegmentHeader.decode(page.memory(), log, number).isPresent();
    }
  }

  /** A record after {@code damage} that was written when the log was durable beyond the damage. */
  private OptionalLong laterRecord(SegmentHeader header, long damage) {
    long stable = header.start() + damage;
    long last = header.lastProof(damage);
    long offset = nextCandidate(header, damage + LogFormat.ALIGNMENT, last);
    while (offset >= 0) {
      int length = validLength(header, offset);
      if (length > 0) {
        record.wrap(window.memory(), window.place(offset), header.start() + offset, length);
        if (record.stableLsn() > stable) {
          return OptionalLong.of(record.lsn());
        }
      }
      offset = nextCandidate(header, offset + Math.max(length, LogFormat.ALIGNMENT), last);
    }
    return OptionalLong.empty();
  }

  /**
   * The next offset, up to {@code last}, where a record would begin and the LSN field has the low
   * half of the place's own LSN; -1 if there is none. Zeros never match, because no record begins
   * at the start of a segment.
   *
   * <p>This code usually runs in a new process, before it is compiled. So it loops over an array,
   * and fetches more at a time the longer it finds nothing.
   */
  private long nextCandidate(SegmentHeader header, long from, long last) {
    long offset = from;
    int fetch = FEW_PLACES;
    while (offset <= last && window.covers(offset, BARE_BYTES)) {
      long end = Math.min(last, window.end() - BARE_BYTES);
      int count = (int) Math.min(fetch, (end - offset) / LogFormat.ALIGNMENT + 1);
      long word = window.place(offset) + (long) LogFormat.LOW_LSN_AT;
      MemorySegment.copy(window.memory(), LogFormat.U64, word, places, 0, count);
      int found = indexOfLsn((int) (header.start() + offset), count);
      if (found < count) {
        return offset + (long) found * LogFormat.ALIGNMENT;
      }
      offset += (long) count * LogFormat.ALIGNMENT;
      fetch = Math.min(2 * fetch, MANY_PLACES);
    }
    return -1;
  }

  /** The first of the fetched places that has its LSN; {@code count} if there is none. */
  private int indexOfLsn(int firstLsn, int count) {
    long[] words = places;
    int lsn = firstLsn;
    int index = 0;
    while (index < count && (int) words[index] != lsn) {
      index++;
      lsn += LogFormat.ALIGNMENT;
    }
    return index;
  }

  private OptionalLong firstRecord(SegmentHeader expected) {
    return validLength(expected, SEGMENT_HEADER_BYTES) > 0
        ? OptionalLong.of(expected.firstLsn())
        : laterRecord(expected, SEGMENT_HEADER_BYTES);
  }

  /** Whether the place of a record is zero, so that nothing was ever written there. */
  private boolean isZero(SegmentHeader header, long offset) {
    long length = Math.min(BARE_BYTES, header.segmentBytes() - offset);
    if (!window.covers(offset, length)) {
      return false;
    }
    MemorySegment place = window.memory().asSlice(window.place(offset), length);
    return place.mismatch(ZEROS.asSlice(0, length)) < 0;
  }

  /** Checks the size of a segment: segments are created in full size, so another size is damage. */
  private void checkSize(long number) {
    long size = window.size();
    boolean good = first.isPresent() ? size == segmentBytes : LogFormat.isSegmentSize(size);
    if (!good) {
      throw corrupt(
          number,
          Math.max(0, size),
          first.isPresent() ? segmentBytes + " bytes" : "a power of two from 64 KiB to 1 GiB",
          "a segment of " + size + " bytes");
    }
    if (first.isEmpty() && header(number).map(h -> h.segmentBytes() != size).orElse(false)) {
      throw corrupt(number, size, "a segment as long as its header says", size + " bytes");
    }
  }

  private WeftException corrupt(long segment, long offset, String expected, String found) {
    return LogFormat.corrupt(
        "log "
            + log
            + " is damaged in segment "
            + segment
            + " at offset "
            + offset
            + ": expected "
            + expected
            + ", found "
            + found
            + "; nothing was changed: restore the segment from a copy");
  }
}
