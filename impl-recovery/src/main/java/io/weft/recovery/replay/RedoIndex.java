// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.recovery.redo.LogScan;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The redo of several failed incarnations, indexed by block. Immutable and thread-safe. The changes
 * of a block may be in several logs; they are ordered by version (R16), not by LSN.
 */
public final class RedoIndex implements RecoveryRedo {
  private final Map<LogId, LogIndex> logs;

  RedoIndex(Map<LogId, LogIndex> logs) {
    this.logs = new TreeMap<>(logs);
  }

  /** The scan result of each log. */
  public Map<LogId, LogScan> scans() {
    return logs.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().scan()));
  }

  /** Largest system change number in any log; 0 if there is none. */
  public long maxScn() {
    return logs.values().stream().mapToLong(index -> index.scan().maxScn()).max().orElse(0);
  }

  /** Visits the blocks of one log, with the newest version that this log has of each (R17). */
  public void forEachBlock(LogId log, BlockVisitor visitor) {
    LogIndex index = logs.get(log);
    if (index == null) {
      throw new IllegalArgumentException("log " + log + " is not among " + logs.keySet());
    }
    for (int block = 0; block < index.blocks(); block++) {
      visitor.block(index.file(block), index.number(block), index.lastVersion(block));
    }
  }

  @Override
  public long lastVersion(int file, long number) {
    long last = 0;
    for (LogIndex index : logs.values()) {
      int block = index.find(file, number);
      if (block != LogIndex.NONE) {
        last = Math.max(last, index.lastVersion(block));
      }
    }
    return last;
  }

  @Override
  public void forEachBlock(Consumer<BlockId> visitor) {
    if (logs.size() == 1) {
      forEachBlock(
          logs.keySet().iterator().next(),
          (file, number, _) -> visitor.accept(new BlockId(file, number)));
      return;
    }
    Set<BlockId> seen = new HashSet<>();
    for (LogId log : logs.keySet()) {
      forEachBlock(
          log,
          (file, number, _) -> {
            BlockId block = new BlockId(file, number);
            if (seen.add(block)) {
              visitor.accept(block);
            }
          });
    }
  }

  @Override
  public long apply(int file, long number, MemorySegment content, long version) {
    try (Chain chain = new Chain(logs.values(), file, number, version)) {
      return apply(chain, file, number, content, version);
    }
  }

  private long apply(Chain chain, int file, long number, MemorySegment content, long version) {
    if (chain.isEmpty()) {
      if (version == UNREADABLE) {
        throw gap(file, number, "its image is unreadable, and redo has no full image");
      }
      return version;
    }
    long reached = chain.startsWithImage() ? chain.version() - 1 : version;
    if (reached == UNREADABLE) {
      throw gap(
          file,
          number,
          "its image is unreadable, and the redo from version "
              + chain.version()
              + " on has no full image");
    }
    do {
      if (chain.version() != reached + 1) {
        throw gap(file, number, "version " + chain.version() + " follows version " + reached);
      }
      chain.apply(content);
      reached++;
    } while (chain.next());
    return reached;
  }

  private WeftException gap(int file, long number, String what) {
    return new WeftException(
        RedoErrors.REDO_GAP,
        "block "
            + new BlockId(file, number)
            + " cannot be recovered from the logs "
            + List.copyOf(logs.keySet())
            + ": "
            + what);
  }

  /** Visits the blocks of a log. */
  @FunctionalInterface
  public interface BlockVisitor {
    /**
     * Visits a block.
     *
     * @param lastVersion the newest version in the log
     */
    void block(int file, long number, long lastVersion);
  }

  /** The changes of one block above a version, merged from all logs, the oldest needed first. */
  private static final class Chain implements AutoCloseable {
    private final int file;
    private final long number;
    private final List<Part> parts = new ArrayList<>();
    private Optional<Part> present;

    Chain(Collection<LogIndex> logs, int file, long number, long above) {
      this.file = file;
      this.number = number;
      long newestImage = above;
      for (LogIndex index : logs) {
        Part part = new Part(index, file, number, above);
        if (!part.isEmpty()) {
          parts.add(part);
          newestImage = Math.max(newestImage, part.imageVersion());
        }
      }
      for (Part part : parts) {
        part.skipBelow(newestImage); // it replaces all redo before it
      }
      present = lowest();
    }

    private Optional<Part> lowest() {
      Optional<Part> lowest = Optional.empty();
      for (Part part : parts) {
        if (!part.isEmpty() && (lowest.isEmpty() || part.version() < lowest.get().version())) {
          lowest = Optional.of(part);
        }
      }
      return lowest;
    }

    boolean isEmpty() {
      return present.isEmpty();
    }

    boolean startsWithImage() {
      return present.orElseThrow().isImage();
    }

    long version() {
      return present.orElseThrow().version();
    }

    void apply(MemorySegment content) {
      present.orElseThrow().apply(file, number, content);
    }

    boolean next() {
      present.orElseThrow().at--;
      present = lowest();
      return present.isPresent();
    }

    @Override
    public void close() {
      parts.forEach(Part::close);
    }
  }

  /** The part of a chain in one log. */
  private static final class Part {
    private final LogIndex index;
    private final Optional<ChangeTable> changes;
    private Optional<LogIndex.Reader> reader = Optional.empty();
    private int[] entries = new int[8]; // the newest first
    private int at = LogIndex.NONE; // the current one; counts down

    Part(LogIndex index, int file, long number, long above) {
      this.index = index;
      int block = index.find(file, number);
      boolean newer = block != LogIndex.NONE && index.lastVersion(block) > above;
      changes = newer ? Optional.of(index.changes(block)) : Optional.empty();
      changes.ifPresent(table -> collect(table, table.newest(block), above));
    }

    private void collect(ChangeTable table, int newest, long above) {
      int entry = newest;
      while (entry != LogIndex.NONE && table.version(entry) > above) {
        if (++at == entries.length) {
          entries = Arrays.copyOf(entries, at * 2);
        }
        entries[at] = entry;
        entry = table.older(entry);
      }
    }

    boolean isEmpty() {
      return at < 0;
    }

    long version() {
      return changes.orElseThrow().version(entries[at]);
    }

    boolean isImage() {
      return changes.orElseThrow().isImage(entries[at]);
    }

    /**
     * The version of the current change if it is an image, otherwise 0. An image is the oldest
     * change that an index keeps of a block.
     */
    long imageVersion() {
      return isImage() ? version() : 0;
    }

    void skipBelow(long version) {
      while (at >= 0 && version() < version) {
        at--;
      }
    }

    void apply(int file, long number, MemorySegment content) {
      if (reader.isEmpty()) {
        reader = Optional.of(index.borrow());
      }
      reader.get().apply(changes.orElseThrow(), entries[at], file, number, content);
    }

    void close() {
      reader.ifPresent(index::giveBack);
    }
  }
}
