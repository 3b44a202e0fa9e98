// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Logs in memory, with what a device may do to them: every segment has the bytes that were written
 * and, apart, the bytes that are stable. A crash keeps any part of the difference, sector by
 * sector. Thread-safe by one lock, which is free while a force takes its time.
 */
public final class MemoryLogDevice implements LogDevice {
  /** What is written or lost as a whole. */
  public static final int SECTOR_BYTES = 512;

  /** Decides what becomes of a sector that was written and not forced when the machine fails. */
  @FunctionalInterface
  public interface SectorFate {
    /** Whether a sector of a segment is there afterwards as it was written. */
    boolean survives(int sector);
  }

  private final Map<LogId, Map<Long, Segment>> logs = new TreeMap<>();
  private final Set<LogId> sealed = new HashSet<>();
  private final Set<LogId> tombstones = new HashSet<>();
  private final Map<Long, byte[]> spares = new TreeMap<>();
  private int operations;
  private int failAt = -1;
  private boolean failForces;
  private boolean stopped;
  private boolean full;
  private Runnable onForce = () -> {};

  /** Empty; nothing goes wrong with it yet. */
  public MemoryLogDevice() {}

  /** From now on there is no space for another segment, or there is. */
  public synchronized void fillUp(boolean lacksSpace) {
    full = lacksSpace;
  }

  /** Makes the n-th operation from now on (write, force, create), and all after it, fail. */
  public synchronized void failAfter(int count) {
    failAt = operations + count;
  }

  /** Makes forces fail, once reported, from now on. */
  public synchronized void failForces() {
    failForces = true;
  }

  /**
   * Runs at each force, before it takes effect, without a lock. What is written meanwhile is not
   * made stable by that force (LD-2).
   */
  public synchronized void onForce(Runnable action) {
    onForce = action;
  }

  /** Works again: the machine has been started anew. */
  public synchronized void heal() {
    failAt = -1;
    failForces = false;
    stopped = false;
  }

  /** Counts the operations that {@link #failAfter} counts. */
  public synchronized int operations() {
    return operations;
  }

  /** The machine fails: what was not forced survives as {@code fate} says. */
  public synchronized void crash(SectorFate fate) {
    for (Map<Long, Segment> segments : logs.values()) {
      for (Segment segment : segments.values()) {
        segment.crash(fate);
      }
    }
  }

  /** Another device, with what would be left if the machine failed now; this one works on. */
  public synchronized MemoryLogDevice afterCrash(SectorFate fate) {
    MemoryLogDevice left = new MemoryLogDevice();
    logs.forEach(
        (log, segments) ->
            segments.forEach(
                (number, segment) -> {
                  Segment copy = left.new Segment(log, segment.stable.clone(), segment.written);
                  copy.crash(fate);
                  left.logs.computeIfAbsent(log, _ -> new TreeMap<>()).put(number, copy);
                }));
    return left;
  }

  /** The bytes of a segment, to be damaged. */
  public synchronized byte[] bytes(LogId log, long segment) {
    return logs.get(log).get(segment).stable;
  }

  /** A segment as it lies there, in place of the present one. */
  public synchronized void put(LogId log, long segment, byte[] bytes) {
    logs.computeIfAbsent(log, _ -> new TreeMap<>()).put(segment, new Segment(log, bytes, bytes));
  }

  /** Forgets all changes made to bytes that were not forced by making them stable. */
  public synchronized void settle() {
    crash(_ -> true);
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public void open() {}

  @Override
  public synchronized List<LogId> logs() {
    return List.copyOf(logs.keySet());
  }

  @Override
  public synchronized List<Long> segments(LogId log) {
    return List.copyOf(logs.getOrDefault(log, Map.of()).keySet());
  }

  @Override
  public synchronized LogSegment create(LogId log, long segment, long bytes) {
    step();
    checkNotSealed(log);
    if (full) {
      throw new WeftException(RedoErrors.LOG_FULL, "no space for segment " + segment);
    }
    byte[] content = spare(bytes).orElseGet(() -> new byte[(int) bytes]);
    Segment made = new Segment(log, content, content.clone());
    logs.computeIfAbsent(log, _ -> new TreeMap<>()).put(segment, made);
    return made;
  }

  /** A segment given back, with what is in it. */
  private Optional<byte[]> spare(long bytes) {
    for (Map.Entry<Long, byte[]> spare : spares.entrySet()) {
      if (spare.getValue().length == bytes) {
        return Optional.of(spares.remove(spare.getKey()));
      }
    }
    return Optional.empty();
  }

  @Override
  public synchronized LogSegment open(LogId log, long segment) {
    Segment found = logs.getOrDefault(log, Map.of()).get(segment);
    if (found == null) {
      throw new WeftException(RedoErrors.LOG_IO, "log " + log + " has no segment " + segment);
    }
    return found;
  }

  @Override
  public synchronized void release(LogId log, long segment) {
    step();
    checkNotSealed(log);
    Segment gone = logs.get(log).remove(segment);
    spares.put(segment, gone.stable.clone());
  }

  @Override
  public synchronized void delete(LogId log) {
    step();
    if (logs.containsKey(log)) {
      tombstones.add(log);
    }
    logs.remove(log);
  }

  @Override
  public synchronized boolean wasDeleted(LogId log) {
    return tombstones.contains(log);
  }

  @Override
  public synchronized void forgetBefore(LogId log) {
    tombstones.removeIf(
        life -> life.node() == log.node() && life.incarnation() < log.incarnation());
  }

  @Override
  public synchronized void seal(LogId log) {
    sealed.add(log);
    logs.getOrDefault(log, Map.of()).values().forEach(segment -> segment.crash(_ -> true));
  }

  @Override
  public synchronized boolean isSealed(LogId log) {
    return sealed.contains(log);
  }

  @Override
  public void close() {}

  private void step() {
    if (stopped || operations == failAt) {
      stopped = true;
      throw new WeftException(RedoErrors.LOG_IO, "planned failure");
    }
    operations++;
  }

  private void checkNotSealed(LogId log) {
    if (sealed.contains(log)) {
      throw new WeftException(RedoErrors.LOG_SEALED, "log " + log + " has been sealed");
    }
  }

  private final class Segment implements LogSegment {
    private final LogId log;
    private byte[] stable;
    private byte[] written;

    Segment(LogId log, byte[] stable, byte[] written) {
      this.log = log;
      this.stable = stable;
      this.written = written;
    }

    void crash(SectorFate fate) {
      for (int at = 0; at < stable.length; at += SECTOR_BYTES) {
        int end = Math.min(at + SECTOR_BYTES, stable.length);
        if (!Arrays.equals(stable, at, end, written, at, end) && fate.survives(at / SECTOR_BYTES)) {
          System.arraycopy(written, at, stable, at, end - at);
        }
      }
      written = stable.clone();
    }

    @Override
    public long bytes() {
      return stable.length;
    }

    @Override
    public void write(long position, MemorySegment bytes) {
      synchronized (MemoryLogDevice.this) {
        checkNotSealed(log);
        step();
        MemorySegment.copy(
            bytes, ValueLayout.JAVA_BYTE, 0, written, (int) position, (int) bytes.byteSize());
      }
    }

    @Override
    public void read(long position, MemorySegment into) {
      synchronized (MemoryLogDevice.this) {
        MemorySegment.copy(
            written, (int) position, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
      }
    }

    @Override
    public void force() {
      byte[] before;
      Runnable during;
      synchronized (MemoryLogDevice.this) {
        if (failForces) {
          throw new WeftException(RedoErrors.LOG_IO, "planned failure of a force");
        }
        step();
        before = written.clone();
        during = onForce;
      }
      during.run(); // other threads write meanwhile, or the machine fails
      synchronized (MemoryLogDevice.this) {
        if (!sealed.contains(log)) { // the seal has made stable what there was, and more
          System.arraycopy(before, 0, stable, 0, stable.length);
        }
      }
    }

    @Override
    public void close() {}
  }
}
