// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.recovery.redo.LogScan;
import io.weft.recovery.redo.LogScanner;
import io.weft.recovery.redo.LoggedRecord;
import io.weft.recovery.redo.RecordReader;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * The index of one sealed log by block, for the blocks that a node masters. Built by one thread,
 * then read by any number. Stores positions, not redo.
 */
final class LogIndex implements AutoCloseable {
  /*
   * Memory. A block takes 40 bytes and a slot or two in the hash table. The first change of a block
   * after a checkpoint logs its image, so a log has few blocks for its size. A change takes
   * ChangeTable.BYTES, and a log may have one change per 60 bytes, so their number has a bound. A
   * log with more changes is read again, range by range: the blocks are sorted and divided into
   * ranges of half the bound, and at most two ranges are in memory. Blocks are recovered in their
   * order, so a range is read once, and again for a request that is served out of order. A single
   * block may exceed the bound, because all its changes are needed together.
   */
  static final int NONE = ChangeTable.NONE;

  /** Initial capacity for blocks; grows by doubling. */
  private static final int FIRST_CAPACITY = 1024;

  /** Most ranges in memory; each has half of the most changes. */
  private static final int RANGES_KEPT = 2;

  /** Records between two calls of the progress callback. */
  private static final int RECORDS_A_REPORT = 16 << 10;

  private final LogDevice device;
  private final LogId log;
  private final OwnBuckets wanted;
  private final int maxChanges;
  private LogScan scan;

  // Blocks, by number: in the order of their first change, or in their own order if there are
  // ranges.
  private int blocks;
  private int[] file = new int[FIRST_CAPACITY];
  private long[] number = new long[FIRST_CAPACITY];
  private long[] lastVersion = new long[FIRST_CAPACITY];
  private long[] lastLsn = new long[FIRST_CAPACITY];
  private long[] firstLsn =
      new long[FIRST_CAPACITY]; // of its newest image, or of its first change without one
  private int[] needed = new int[FIRST_CAPACITY]; // number of changes from firstLsn on

  /** Block + 1 by hash, open addressing, at most half full. */
  private int[] table = new int[2 * FIRST_CAPACITY];

  /** All changes; empty if there are too many. */
  private Optional<ChangeTable> whole = Optional.of(new ChangeTable(0, FIRST_CAPACITY));

  /** First blocks of the ranges, ascending; and the ranges in memory, the last used first. */
  private int[] rangeStarts = {};

  private final Deque<Range> ranges = new ArrayDeque<>();

  private final ConcurrentMap<Long, LogSegment> segments = new ConcurrentHashMap<>();
  private final Deque<Reader> readers = new ConcurrentLinkedDeque<>();

  private LogIndex(LogDevice device, LogId log, OwnBuckets wanted, int maxChanges) {
    this.device = device;
    this.log = log;
    this.wanted = wanted;
    this.maxChanges = maxChanges;
  }

  /**
   * Reads a whole log.
   *
   * @param wanted which blocks
   * @param maxChanges most changes in memory
   * @param progress receives the number of records read since its last call
   */
  static LogIndex build(
      LogDevice device, LogId log, OwnBuckets wanted, int maxChanges, LongConsumer progress) {
    LogIndex index = new LogIndex(device, log, wanted, maxChanges);
    int[] unreported = new int[1];
    index.scan =
        LogScanner.scan(
            device,
            log,
            record -> {
              index.add(record);
              if (++unreported[0] == RECORDS_A_REPORT) {
                progress.accept(unreported[0]);
                unreported[0] = 0;
              }
            });
    progress.accept(unreported[0]);
    index.dropCheckpointed();
    if (index.whole.isEmpty()) {
      index.cutIntoRanges();
    }
    return index;
  }

  LogScan scan() {
    return scan;
  }

  /** The buckets of its blocks. */
  OwnBuckets wanted() {
    return wanted;
  }

  /** Number of indexed blocks. */
  int blocks() {
    return blocks;
  }

  int file(int block) {
    return file[block];
  }

  long number(int block) {
    return number[block];
  }

  /** Newest version of a block in this log. */
  long lastVersion(int block) {
    return lastVersion[block];
  }

  /** The number of a block; {@link #NONE} if the log has no redo of it. */
  int find(int blockFile, long blockNumber) {
    int found = table[slot(blockFile, blockNumber)];
    return found == 0 ? NONE : found - 1;
  }

  /** The table with the changes of a block; may read the log. */
  ChangeTable changes(int block) {
    return whole.orElseGet(() -> range(block));
  }

  /** A reader for the calling thread; must be given back. */
  Reader borrow() {
    Reader reader = readers.pollFirst();
    return reader == null ? new Reader() : reader;
  }

  /**
   * Takes a reader back; the last one is lent first, because its memory may still be in a processor
   * cache.
   */
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
      if (wanted.contains(record.file(), record.number())) {
        add(record, blockOf(record.file(), record.number()));
      }
    }
  }

  private void add(LoggedRecord record, int block) {
    long last = lastVersion[block];
    long now = record.version();
    boolean known = lastLsn[block] != 0;
    if (known && last >= now || record.previousVersion() != now - 1) {
      throw new WeftException(
          RedoErrors.CORRUPT_LOG,
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
              + (known ? ", after version " + last : ""));
    }
    lastVersion[block] = now;
    lastLsn[block] = record.lsn();
    if (!known || record.isImage()) {
      firstLsn[block] = record.lsn();
      needed[block] = 0;
    }
    needed[block]++;
    whole.ifPresent(changes -> changes.add(record, block));
    whole = whole.filter(changes -> changes.size() <= maxChanges);
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
    table[slot] = ++blocks;
    return blocks - 1;
  }

  /** Drops blocks whose last change is before the checkpoint, and thus stable. */
  private void dropCheckpointed() {
    int kept = 0;
    for (int block = 0; block < blocks; block++) {
      if (lastLsn[block] >= scan.checkpoint()) {
        move(block, kept++);
      }
    }
    if (kept < blocks) {
      blocks = kept;
      rehash(table.length);
    }
  }

  private void move(int block, int to) {
    file[to] = file[block];
    number[to] = number[block];
    lastVersion[to] = lastVersion[block];
    lastLsn[to] = lastLsn[block];
    firstLsn[to] = firstLsn[block];
    needed[to] = needed[block];
    whole.ifPresent(changes -> changes.move(block, to));
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

  private void growBlocks(int capacity) {
    file = Arrays.copyOf(file, capacity);
    number = Arrays.copyOf(number, capacity);
    lastVersion = Arrays.copyOf(lastVersion, capacity);
    lastLsn = Arrays.copyOf(lastLsn, capacity);
    firstLsn = Arrays.copyOf(firstLsn, capacity);
    needed = Arrays.copyOf(needed, capacity);
    rehash(2 * capacity);
  }

  private void rehash(int capacity) {
    table = new int[capacity];
    for (int block = 0; block < blocks; block++) {
      table[slot(file[block], number[block])] = block + 1;
    }
  }

  // ---- ranges

  /** The changes of blocks {@code from} to {@code to}, the last one excluded. */
  private record Range(int from, int to, ChangeTable changes) {
    boolean contains(int block) {
      return block >= from && block < to;
    }
  }

  private void cutIntoRanges() {
    sortBlocks();
    int[] starts = new int[Math.max(blocks, 1)];
    int count = 0;
    long changes = 0;
    for (int block = 0; block < blocks; block++) {
      if (block == 0 || changes + needed[block] > maxChanges / RANGES_KEPT) {
        starts[count++] = block;
        changes = 0;
      }
      changes += needed[block];
    }
    rangeStarts = Arrays.copyOf(starts, count);
  }

  private void sortBlocks() {
    int[] order =
        IntStream.range(0, blocks)
            .boxed()
            .sorted(
                Comparator.comparingInt((Integer block) -> file[block])
                    .thenComparingLong(block -> number[block]))
            .mapToInt(Integer::intValue)
            .toArray();
    file = IntStream.of(order).map(block -> file[block]).toArray();
    number = IntStream.of(order).mapToLong(block -> number[block]).toArray();
    lastVersion = IntStream.of(order).mapToLong(block -> lastVersion[block]).toArray();
    lastLsn = IntStream.of(order).mapToLong(block -> lastLsn[block]).toArray();
    firstLsn = IntStream.of(order).mapToLong(block -> firstLsn[block]).toArray();
    needed = IntStream.of(order).map(block -> needed[block]).toArray();
    rehash(table.length);
  }

  private ChangeTable range(int block) {
    synchronized (ranges) {
      for (Range range : ranges) {
        if (range.contains(block)) {
          ranges.remove(range);
          ranges.addFirst(range);
          return range.changes();
        }
      }
      if (ranges.size() == RANGES_KEPT) {
        ranges.removeLast();
      }
      ranges.addFirst(readRange(block));
      return ranges.getFirst().changes();
    }
  }

  private Range readRange(int block) {
    int found = Arrays.binarySearch(rangeStarts, block);
    int range = found < 0 ? -found - 2 : found;
    int from = rangeStarts[range];
    int to = range + 1 < rangeStarts.length ? rangeStarts[range + 1] : blocks;
    Range read = new Range(from, to, new ChangeTable(from, to - from));
    LogScanner.scan(device, log, record -> addNeeded(record, read));
    return read;
  }

  private void addNeeded(LoggedRecord record, Range range) {
    while (record.isChange() && record.nextBlock()) {
      int block = find(record.file(), record.number());
      if (block != NONE && range.contains(block) && record.lsn() >= firstLsn[block]) {
        range.changes().add(record, block);
      }
    }
  }

  // ---- reading again

  private LogSegment segment(long segmentNumber) {
    LogSegment open = segments.get(segmentNumber); // without a lock in most cases
    return open != null ? open : segments.computeIfAbsent(segmentNumber, n -> device.open(log, n));
  }

  /** Reads changes again, for one thread; borrowed for a whole chain, not for each change. */
  final class Reader {
    private final RecordReader records = new RecordReader(log);

    /** Reads a change again and applies it; may block. */
    void apply(
        ChangeTable changes, int change, int blockFile, long blockNumber, MemorySegment content) {
      long at = changes.lsn(change);
      int length = changes.length(change);
      long segmentBytes = scan.segmentBytes();
      LogSegment segment = segment(at / segmentBytes);
      int offset = (int) (at % segmentBytes);
      if (!records.read(segment, offset, at, length)) {
        throw changed(at);
      }
      LoggedRecord record = records.record();
      record.enter(changes.place(change));
      if (record.file() != blockFile
          || record.number() != blockNumber
          || record.version() != changes.version(change)) {
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
