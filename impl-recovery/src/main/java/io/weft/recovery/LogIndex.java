// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentMap;

/**
 * Where the redo of each block is in one sealed log. Built by one thread, then read by any number;
 * keeps places, not bytes: 28 bytes for a block change, and 20 to 40 for a block.
 *
 * <p>The changes of a block form a chain, the newest first, that stops at the newest full image:
 * what is older is never needed again, because an image stands for all before it.
 */
final class LogIndex implements AutoCloseable {
  /** An end of a chain. */
  static final int NONE = -1;

  private static final int FIRST_CAPACITY = 1024;
  private static final int READ_BYTES = 4 << 10;

  private final LogDevice device;
  private final LogId log;
  private LogScan scan;

  // Block changes, by number in the order of the log.
  private int entries;
  private long[] lsn = new long[FIRST_CAPACITY];
  private long[] version = new long[FIRST_CAPACITY];
  private int[] length = new int[FIRST_CAPACITY];
  private int[] place = new int[FIRST_CAPACITY]; // of the block's header in the record; < 0: image
  private int[] older = new int[FIRST_CAPACITY];

  // Blocks, by number in the order of their first change.
  private int blocks;
  private int[] file = new int[FIRST_CAPACITY];
  private long[] number = new long[FIRST_CAPACITY];
  private int[] newest = new int[FIRST_CAPACITY];

  /** Block + 1 by hash, open addressing, at most half full. */
  private int[] table = new int[2 * FIRST_CAPACITY];

  private final ConcurrentMap<Long, LogSegment> segments = new ConcurrentHashMap<>();
  private final Deque<Reader> readers = new ConcurrentLinkedDeque<>();

  private LogIndex(LogDevice device, LogId log) {
    this.device = device;
    this.log = log;
  }

  /** Reads a whole log. */
  static LogIndex build(LogDevice device, LogId log) {
    LogIndex index = new LogIndex(device, log);
    index.scan = LogScanner.scan(device, log, index::add);
    index.dropCheckpointed();
    return index;
  }

  LogScan scan() {
    return scan;
  }

  /** Number of blocks that this log may be needed for. */
  int blocks() {
    return blocks;
  }

  int file(int block) {
    return file[block];
  }

  long number(int block) {
    return number[block];
  }

  /** Newest version of a block. */
  long lastVersion(int block) {
    return version[newest[block]];
  }

  /** The block of that id; {@link #NONE} if the log has none. */
  int find(int blockFile, long blockNumber) {
    int found = table[slot(blockFile, blockNumber)];
    return found == 0 ? NONE : found - 1;
  }

  /** Newest change of a block. */
  int newest(int block) {
    return newest[block];
  }

  /** The change of the same block before; {@link #NONE} if none is needed. */
  int older(int entry) {
    return older[entry];
  }

  long version(int entry) {
    return version[entry];
  }

  boolean isImage(int entry) {
    return place[entry] < 0;
  }

  /** What one thread needs to read changes once more; to be given back. */
  Reader borrow() {
    Reader reader = readers.pollFirst();
    return reader == null ? new Reader() : reader;
  }

  /** Takes a reader back; the last one is lent first, because a processor still has its memory. */
  void giveBack(Reader reader) {
    readers.addFirst(reader);
  }

  @Override
  public void close() {
    segments.values().forEach(LogSegment::close);
    segments.clear();
  }

  // ---- building

  private void add(LoggedRecord record) {
    if (!record.isChange()) {
      return;
    }
    while (record.nextBlock()) {
      add(record, blockOf(record.file(), record.number()));
    }
  }

  private void add(LoggedRecord record, int block) {
    int last = newest[block];
    long now = record.version();
    if (last != NONE && version[last] >= now || record.previousVersion() != now - 1) {
      throw LogFormat.corrupt(
          "log "
              + log
              + " at LSN "
              + record.lsn()
              + " makes version "
              + now
              + " of block "
              + new BlockId(record.file(), record.number())
              + " from version "
              + record.previousVersion()
              + (last == NONE ? "" : ", after version " + version[last]));
    }
    int entry = entries;
    if (entry == lsn.length) {
      growEntries(entry * 2);
    }
    entries++;
    lsn[entry] = record.lsn();
    version[entry] = now;
    length[entry] = record.length();
    place[entry] = record.isImage() ? ~record.blockOffset() : record.blockOffset();
    older[entry] = record.isImage() ? NONE : last;
    newest[block] = entry;
  }

  private int blockOf(int blockFile, long blockNumber) {
    int slot = slot(blockFile, blockNumber);
    if (table[slot] != 0) {
      return table[slot] - 1;
    }
    if (blocks == file.length) {
      growBlocks(blocks * 2);
      slot = slot(blockFile, blockNumber);
    }
    file[blocks] = blockFile;
    number[blocks] = blockNumber;
    newest[blocks] = NONE;
    table[slot] = ++blocks;
    return blocks - 1;
  }

  /** Forgets blocks whose last change is stable in the block itself. */
  private void dropCheckpointed() {
    int kept = 0;
    for (int block = 0; block < blocks; block++) {
      if (lsn[newest[block]] >= scan.checkpoint()) {
        file[kept] = file[block];
        number[kept] = number[block];
        newest[kept++] = newest[block];
      }
    }
    if (kept < blocks) {
      blocks = kept;
      rehash(table.length);
    }
  }

  private int slot(int blockFile, long blockNumber) {
    int mask = table.length - 1;
    int slot = hash(blockFile, blockNumber) & mask;
    while (table[slot] != 0) {
      int block = table[slot] - 1;
      if (number[block] == blockNumber && file[block] == blockFile) {
        break;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int hash(int blockFile, long blockNumber) {
    long mixed = (blockNumber ^ (long) blockFile << 40) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32);
  }

  private void growEntries(int capacity) {
    lsn = Arrays.copyOf(lsn, capacity);
    version = Arrays.copyOf(version, capacity);
    length = Arrays.copyOf(length, capacity);
    place = Arrays.copyOf(place, capacity);
    older = Arrays.copyOf(older, capacity);
  }

  private void growBlocks(int capacity) {
    file = Arrays.copyOf(file, capacity);
    number = Arrays.copyOf(number, capacity);
    newest = Arrays.copyOf(newest, capacity);
    rehash(2 * capacity);
  }

  private void rehash(int capacity) {
    table = new int[capacity];
    for (int block = 0; block < blocks; block++) {
      table[slot(file[block], number[block])] = block + 1;
    }
  }

  // ---- reading again

  private LogSegment segment(long segmentNumber) {
    LogSegment open = segments.get(segmentNumber); // without a lock, as nearly always
    return open != null ? open : segments.computeIfAbsent(segmentNumber, n -> device.open(log, n));
  }

  /** What one thread needs to read changes once more; for a whole chain, not for each change. */
  final class Reader {
    private final LogChecksum checksum = new LogChecksum(log);
    private final LoggedRecord record = new LoggedRecord(log);
    private final SegmentWindow window = new SegmentWindow(READ_BYTES);

    /** Reads a change once more and applies it; may block. */
    void apply(int entry, int blockFile, long blockNumber, MemorySegment content) {
      long at = lsn[entry];
      long segmentBytes = scan.segmentBytes();
      LogSegment segment = segment(at / segmentBytes);
      int offset = (int) (at % segmentBytes);
      window.wrap(segment); // keeps what it shows if it is the same
      if (!window.covers(offset, length[entry])) {
        throw changed(at);
      }
      int place = window.place(offset);
      int crc =
          checksum.of(window.buffer(), place + LogFormat.LENGTH_AT, place + length[entry], at);
      if (window.memory().get(LogFormat.U32, place + LogFormat.CRC_AT) != crc) {
        throw changed(at);
      }
      record.wrap(window.memory(), place, at, length[entry]);
      int block = LogIndex.this.place[entry];
      record.enter(block < 0 ? ~block : block);
      if (record.file() != blockFile
          || record.number() != blockNumber
          || record.version() != version[entry]) {
        throw changed(at);
      }
      record.applyTo(content);
    }

    private WeftException changed(long at) {
      return new WeftException(
          RedoErrors.CORRUPT_LOG,
          "the record at LSN " + at + " of log " + log + " was valid and is not any more");
    }
  }
}
