// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Crash;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The shared storage of redo logs. Sectors of 512 bytes are written as a whole or not at all; those
 * not forced when their writer dies stay as they were, or not, each for itself. A seal holds at
 * once. Space that was given back comes with what was in it.
 */
public final class SimLogDevice {
  private static final int SECTOR = 512;

  private final Simulation simulation;
  private final TreeMap<LogId, Log> logs = new TreeMap<>();
  private final Set<LogId> deleted = new HashSet<>();

  /** Logs that nobody finds although nobody has deleted them. */
  private final TreeMap<LogId, Log> vanished = new TreeMap<>();

  private final Map<LogId, Long> backSinceNs = new HashMap<>();

  private final SimPlace place = new SimPlace(SimPlace.Part.LOGS, logs::isEmpty);
  private final List<byte[]> givenBack = new ArrayList<>();
  private final Consumer<LogId> onSeal;
  private final Consumer<LogId> onDelete;
  private boolean lacksSpace;
  private boolean believesInDeletion;
  private long missedNs = Long.MIN_VALUE / 2;
  private long sectorsLost;

  /**
   * An empty device.
   *
   * @param onSeal hears of each log that is sealed while its writer may still run
   * @param onDelete hears of each log that is deleted
   */
  public SimLogDevice(Simulation simulation, Consumer<LogId> onSeal, Consumer<LogId> onDelete) {
    this.simulation = simulation;
    this.onSeal = onSeal;
    this.onDelete = onDelete;
  }

  /** All logs that exist. */
  public List<LogId> logs() {
    return List.copyOf(logs.keySet());
  }

  /** The device as a process sees it. */
  public View of(SimProcess process, Runnable kill) {
    return new View(process, kill);
  }

  /** Breaks a rule, for the drill: what is not there counts as deleted. */
  public void takeVanishedForDeleted() {
    believesInDeletion = true;
  }

  /** A log is there no more, as if its directory had been removed. */
  public void vanish(LogId id) {
    Log log = logs.remove(id);
    if (log != null) {
      vanished.put(id, log);
    }
  }

  /** All logs that have vanished are there again. */
  public void reappear() {
    if (!vanished.isEmpty()) {
      missedNs = simulation.now();
      vanished.keySet().forEach(log -> backSinceNs.put(log, missedNs));
      logs.putAll(vanished);
      vanished.clear();
    }
  }

  /** Whether a log was away at some time after this one, and is there again. */
  public boolean isBackSince(LogId log, long ns) {
    return backSinceNs.getOrDefault(log, Long.MIN_VALUE / 2) >= ns;
  }

  /** Whether a log had vanished, not longer ago than this. */
  public boolean lackedLogs(long agoNs) {
    return !vanished.isEmpty() || missedNs >= simulation.now() - agoNs;
  }

  /** How many sectors were lost with their writers. */
  public long sectorsLost() {
    return sectorsLost;
  }

  /** The power fails: nothing counts that has not been forced. */
  public void losePower() {
    logs.values().forEach(log -> settle(log, true));
  }

  private void settle(Log log, boolean evenly) {
    boolean keepsAll = !evenly && simulation.random().nextInt(3) == 0;
    for (Segment segment : log.segments.values()) {
      for (int sector = segment.dirty.nextSetBit(0);
          sector >= 0;
          sector = segment.dirty.nextSetBit(sector + 1)) {
        if (!keepsAll && simulation.random().nextBoolean()) {
          System.arraycopy(segment.stable, sector * SECTOR, segment.bytes, sector * SECTOR, SECTOR);
          sectorsLost++;
        }
      }
      segment.force();
    }
  }

  private static final class Log {
    final TreeMap<Long, Segment> segments = new TreeMap<>();
    boolean sealed;
  }

  private static final class Segment {
    final byte[] bytes;

    /** What the bytes were when they were forced; meaningful for dirty sectors. */
    final byte[] stable;

    final BitSet dirty = new BitSet();

    Segment(byte[] bytes) {
      this.bytes = bytes;
      this.stable = bytes.clone();
    }

    void write(int at, byte[] from, int offset, int length) {
      System.arraycopy(from, offset, bytes, at, length);
      dirty.set(at / SECTOR, (at + length + SECTOR - 1) / SECTOR);
    }

    void force() {
      for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
        System.arraycopy(bytes, sector * SECTOR, stable, sector * SECTOR, SECTOR);
      }
      dirty.clear();
    }
  }

  /** From here on there is no space for another segment of any log, or there is. */
  public void fillUp(boolean full) {
    lacksSpace = full;
  }

  /** Whether there is no space for another segment. */
  public boolean lacksSpace() {
    return lacksSpace;
  }

  /** The device as one process of a node sees it. */
  public final class View implements LogDevice {
    private final SimProcess process;
    private final Runnable kill;
    private boolean forceFails;
    private boolean full;
    private boolean lostPath;
    private int callsToLive = -1;

    View(SimProcess process, Runnable kill) {
      this.process = process;
      this.kill = kill;
    }

    /** Lets the next force fail, or does not. */
    public void failForce(boolean fails) {
      forceFails = fails;
    }

    /** From here on there is no space for another segment. */
    public void fillUp() {
      full = true;
    }

    /** This node cannot reach the storage any more. */
    public void losePath() {
      lostPath = true;
    }

    /** Nothing is wrong with it any more. */
    public void heal() {
      forceFails = false;
      full = false;
      lostPath = false;
      callsToLive = -1;
    }

    /** Lets the process die inside its {@code calls}-th write or force from here on. */
    public void dieIn(int calls) {
      callsToLive = calls;
    }

    /** Decides what is left of what a writer has not forced. */
    void settle(LogId id) {
      Log log = logs.get(id);
      if (log != null && !log.sealed) {
        log.sealed = true;
        SimLogDevice.this.settle(log, false);
      }
    }

    /** The device as seen by an observer without faults. */
    LogDevice reader() {
      return new View(simulation.world(), () -> {});
    }

    private boolean diesNow() {
      return callsToLive > 0 && --callsToLive == 0;
    }

    private void checkPath() {
      if (lostPath) {
        throw new WeftException(RedoErrors.LOG_IO, process + " cannot reach the storage");
      }
    }

    @Override
    public String name() {
      return "sim";
    }

    @Override
    public Optional<StoragePlace> place() {
      return Optional.of(place);
    }

    @Override
    public void open() {}

    @Override
    public List<LogId> logs() {
      checkPath();
      List<LogId> all = List.copyOf(logs.keySet());
      simulation.ends(IoWatch.Io.LOG_LIST, process);
      return all;
    }

    @Override
    public List<Long> segments(LogId id) {
      checkPath();
      Log log = logs.get(id);
      return log == null ? List.of() : List.copyOf(log.segments.keySet());
    }

    private Log writable(LogId id) {
      checkPath();
      if (deleted.contains(id)) {
        throw new WeftException(RedoErrors.LOG_SEALED, "log " + id + " has been deleted");
      }
      Log log = logs.computeIfAbsent(id, unused -> new Log());
      if (log.sealed) {
        throw new WeftException(RedoErrors.LOG_SEALED, "log " + id + " is sealed");
      }
      return log;
    }

    @Override
    public LogSegment create(LogId id, long segment, long bytes) {
      Log log = writable(id);
      if (full || lacksSpace) {
        throw new WeftException(RedoErrors.LOG_FULL, "planned lack of space");
      }
      if (diesNow()) {
        kill.run();
        throw new Crash(process);
      }
      simulation.begins(IoWatch.Io.LOG_CREATE, process);
      boolean recycles = !givenBack.isEmpty() && simulation.random().nextBoolean();
      byte[] space = recycles ? givenBack.removeLast() : new byte[(int) bytes];
      Segment made = new Segment(space.length == bytes ? space : new byte[(int) bytes]);
      log.segments.put(segment, made);
      simulation.ends(IoWatch.Io.LOG_CREATE, process);
      return new Handle(id, log, made);
    }

    @Override
    public LogSegment open(LogId id, long segment) {
      checkPath();
      Log log = logs.get(id);
      if (log == null || !log.segments.containsKey(segment)) {
        throw new WeftException(RedoErrors.LOG_IO, "log " + id + " has no segment " + segment);
      }
      return new Handle(id, log, log.segments.get(segment));
    }

    @Override
    public void release(LogId id, long segment) {
      checkPath();
      Log log = logs.get(id);
      simulation.begins(IoWatch.Io.LOG_RELEASE, process);
      if (log != null && log.segments.containsKey(segment)) {
        givenBack.add(log.segments.remove(segment).bytes.clone());
      }
      simulation.ends(IoWatch.Io.LOG_RELEASE, process);
    }

    @Override
    public void delete(LogId id) {
      checkPath();
      simulation.begins(IoWatch.Io.LOG_DELETE, process);
      if (logs.remove(id) != null) {
        deleted.add(id);
        onDelete.accept(id);
      }
      simulation.ends(IoWatch.Io.LOG_DELETE, process);
    }

    @Override
    public boolean wasDeleted(LogId id) {
      checkPath();
      return believesInDeletion || deleted.contains(id);
    }

    @Override
    public void forgetBefore(LogId id) {
      checkPath();
      deleted.removeIf(
          former -> former.node() == id.node() && former.incarnation() < id.incarnation());
    }

    @Override
    public void seal(LogId id) {
      checkPath();
      simulation.begins(IoWatch.Io.LOG_SEAL, process);
      if (logs.containsKey(id) && !logs.get(id).sealed) {
        onSeal.accept(id);
      }
      settle(id);
      simulation.ends(IoWatch.Io.LOG_SEAL, process);
    }

    @Override
    public boolean isSealed(LogId id) {
      Log log = logs.get(id);
      return log != null && log.sealed;
    }

    @Override
    public void close() {}

    private final class Handle implements LogSegment {
      private final LogId id;
      private final Log log;
      private final Segment segment;

      Handle(LogId id, Log log, Segment segment) {
        this.id = id;
        this.log = log;
        this.segment = segment;
      }

      @Override
      public long bytes() {
        return segment.bytes.length;
      }

      private void checkWritable() {
        checkPath();
        if (log.sealed) {
          throw new WeftException(RedoErrors.LOG_SEALED, "log " + id + " is sealed");
        }
      }

      @Override
      public void write(long position, MemorySegment from) {
        checkWritable();
        byte[] written = from.toArray(ValueLayout.JAVA_BYTE);
        if (position % SECTOR != 0 || written.length % SECTOR != 0) {
          simulation.violate(
              Invariant.CONTRACT, process + " writes " + written.length + " bytes at " + position);
        }
        if (diesNow()) {
          int sectors = simulation.random().nextInt(written.length / SECTOR + 1);
          segment.write((int) position, written, 0, sectors * SECTOR);
          kill.run();
          throw new Crash(process);
        }
        simulation.begins(IoWatch.Io.LOG_WRITE, process);
        segment.write((int) position, written, 0, written.length);
        simulation.ends(IoWatch.Io.LOG_WRITE, process);
        simulation.record(Trace.What.LOG_WRITTEN, process, position, written.length);
      }

      @Override
      public void read(long position, MemorySegment into) {
        checkPath();
        MemorySegment.copy(
            MemorySegment.ofArray(segment.bytes), position, into, 0, into.byteSize());
        simulation.ends(IoWatch.Io.LOG_READ, process);
      }

      @Override
      public void force() {
        checkWritable();
        if (forceFails) {
          throw new WeftException(RedoErrors.LOG_IO, "planned failure of a force");
        }
        if (diesNow()) {
          if (simulation.random().nextBoolean()) {
            segment.force();
          }
          kill.run();
          throw new Crash(process);
        }
        simulation.begins(IoWatch.Io.LOG_FORCE, process);
        segment.force();
        simulation.ends(IoWatch.Io.LOG_FORCE, process);
      }

      @Override
      public void close() {}
    }
  }
}
