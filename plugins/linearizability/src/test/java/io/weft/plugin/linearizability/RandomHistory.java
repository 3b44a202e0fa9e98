// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The history of a register that works: each operation takes effect at one moment between call and
 * return. Times are even, so that there is room between any two. What it records depends on the
 * shape; faults are put in afterwards, such that no order can explain the result.
 */
final class RandomHistory {
  /** What operations there are and what they tell. */
  enum Shape {
    /** Reads and writes of different values. */
    VALUES(false, false, Long.MAX_VALUE),
    /** All kinds, with the block's version. */
    VERSIONS(true, true, Long.MAX_VALUE),
    /** All kinds, different values, no versions. */
    UPDATES(true, false, Long.MAX_VALUE),
    /** All kinds, few values, no versions. */
    FEW_VALUES(true, false, 4);

    private final boolean updates;
    private final boolean versions;
    private final long values;

    Shape(boolean updates, boolean versions, long values) {
      this.updates = updates;
      this.versions = versions;
      this.values = values;
    }
  }

  /** An operation under way, and afterwards. */
  private static final class Entry {
    private final int process;
    private final Operation.Kind kind;
    private final long invoke;
    private long written = Operation.UNKNOWN;
    private long complete = Operation.OPEN;
    private long observed;

    /** The version it saw; a write saw the one before its own. */
    private long seen = -1;

    Entry(int process, Operation.Kind kind, long invoke) {
      this.process = process;
      this.kind = kind;
      this.invoke = invoke;
    }

    boolean completed() {
      return complete != Operation.OPEN;
    }

    boolean isRead() {
      return kind == Operation.Kind.READ;
    }
  }

  private final Shape shape;
  private final SplittableRandom random;
  private final List<Entry> entries = new ArrayList<>();

  /** The write of each version from 1 on. */
  private final List<Entry> writes = new ArrayList<>();

  private long value;
  private long lastValue;

  private RandomHistory(Shape shape, SplittableRandom random) {
    this.shape = shape;
    this.random = random;
  }

  /**
   * Makes one.
   *
   * @param open of 1,000 operations, how many never return
   */
  static RandomHistory of(
      Shape shape, SplittableRandom random, int processes, int operations, int open) {
    RandomHistory history = new RandomHistory(shape, random);
    history.run(processes, operations, open);
    return history;
  }

  private void run(int processes, int operations, int open) {
    Entry[] current = new Entry[processes];
    int nextProcess = processes;
    int[] names = new int[processes];
    for (int i = 0; i < processes; i++) {
      names[i] = i;
    }
    long now = 0;
    while (entries.size() < operations) {
      int process = random.nextInt(processes);
      now += 2 * (1 + random.nextInt(3));
      Entry entry = current[process];
      if (entry == null) {
        current[process] = call(names[process], now);
      } else if (random.nextInt(2000) < open) {
        // The process dies, before or after the effect; another one takes its place.
        current[process] = null;
        names[process] = nextProcess++;
      } else if (entry.seen < 0) {
        takeEffect(entry);
      } else {
        entry.complete = now;
        current[process] = null;
      }
    }
  }

  private Entry call(int process, long now) {
    int dice = random.nextInt(100);
    Operation.Kind kind =
        dice < 50
            ? Operation.Kind.READ
            : dice < 75 || !shape.updates ? Operation.Kind.WRITE : Operation.Kind.UPDATE;
    Entry entry = new Entry(process, kind, now);
    if (!entry.isRead()) {
      entry.written =
          shape.values == Long.MAX_VALUE ? ++lastValue : 1 + random.nextLong(shape.values);
    }
    entries.add(entry);
    return entry;
  }

  private void takeEffect(Entry entry) {
    entry.seen = writes.size();
    entry.observed = value;
    if (!entry.isRead()) {
      writes.add(entry);
      value = entry.written;
    }
  }

  /** What the processes tell. */
  List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    for (Entry entry : entries) {
      Operation whole =
          new Operation(
              entry.process,
              entry.kind,
              entry.kind == Operation.Kind.WRITE ? Operation.UNKNOWN : entry.observed,
              entry.written,
              shape.versions ? entry.seen + (entry.isRead() ? 0 : 1) : Operation.UNKNOWN,
              entry.invoke,
              entry.complete);
      all.add(entry.completed() ? whole : whole.opened());
    }
    return all;
  }

  /** A fault that no order explains. */
  enum Fault {
    /** A read returns a value that had certainly been overwritten. */
    STALE_READ,
    /** Everything after a completed write looks as if it had not been. */
    LOST_WRITE,
    /** Two reads, one after the other, see two values in the wrong order. */
    SWAPPED_ORDER,
    /** A value is read whose write never returned, and later is gone again. */
    VANISHED_VALUE
  }

  /** Puts a fault in; false if nothing in this history is fit for it. */
  boolean inject(Fault fault) {
    return switch (fault) {
      case STALE_READ -> staleRead();
      case LOST_WRITE -> lostWrite();
      case SWAPPED_ORDER -> swappedOrder();
      case VANISHED_VALUE -> vanishedValue();
    };
  }

  private boolean staleRead() {
    for (Entry read : shuffledReads()) {
      for (long stale = read.seen - 1; stale >= 0; stale--) {
        if (completedBefore(stale + 1, read.invoke)
            && completedBefore(stale, write(stale + 1).invoke)) {
          see(read, stale);
          return true;
        }
      }
    }
    return false;
  }

  private boolean lostWrite() {
    for (Entry read : shuffledReads()) {
      long lost = read.seen;
      if (lost > 0
          && completedBefore(lost, read.invoke)
          && completedBefore(lost - 1, write(lost).invoke)) {
        for (Entry entry : entries) {
          if (entry != write(lost) && entry.seen >= lost) {
            entry.observed = entry.seen == lost ? valueOf(lost - 1) : entry.observed;
            entry.seen--;
          }
        }
        return true;
      }
    }
    return false;
  }

  private boolean swappedOrder() {
    for (Entry early : shuffledReads()) {
      for (Entry late : shuffledReads()) {
        if (early.complete < late.invoke
            && early.seen < late.seen
            && completedBefore(early.seen, write(late.seen).invoke)) {
          long older = early.seen;
          see(early, late.seen);
          see(late, older);
          return true;
        }
      }
    }
    return false;
  }

  private boolean vanishedValue() {
    for (Entry early : shuffledReads()) {
      for (Entry late : shuffledReads()) {
        if (early.complete < late.invoke
            && early.seen == late.seen
            && completedBefore(early.seen, early.complete)) {
          Optional<Entry> before =
              early.seen == 0 ? Optional.empty() : Optional.of(write(early.seen));
          long call = before.map(entry -> entry.complete + 1).orElse(early.invoke - 1);
          Entry vanished = new Entry(-1, Operation.Kind.WRITE, call);
          vanished.written = ++lastValue;
          entries.add(vanished);
          early.observed = vanished.written;
          early.seen++;
          return true;
        }
      }
    }
    return false;
  }

  private List<Entry> shuffledReads() {
    List<Entry> reads = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.isRead() && entry.completed()) {
        reads.add(random.nextInt(reads.size() + 1), entry);
      }
    }
    return reads;
  }

  private void see(Entry read, long version) {
    read.seen = version;
    read.observed = valueOf(version);
  }

  private Entry write(long version) {
    return writes.get((int) version - 1);
  }

  private long valueOf(long version) {
    return version == 0 ? 0 : write(version).written;
  }

  private boolean completedBefore(long version, long moment) {
    return version == 0 || write(version).complete < moment;
  }

  /** Spoils one thing at random; the result may still be explained. */
  void disturb() {
    Entry entry = entries.get(random.nextInt(entries.size()));
    switch (random.nextInt(4)) {
      case 0 -> entry.observed = valueOf(random.nextLong(writes.size() + 1L));
      case 1 -> {
        if (entry.isRead() && entry.completed()) {
          see(entry, random.nextLong(writes.size() + 1L));
        }
      }
      case 2 -> {
        if (entry.completed()) {
          entry.complete = entry.invoke + random.nextLong(entry.complete - entry.invoke + 1);
        }
      }
      default -> entry.seen = random.nextLong(writes.size() + 1L);
    }
  }
}
