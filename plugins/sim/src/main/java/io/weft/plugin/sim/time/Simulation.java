// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.time;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * Virtual time: one thread, one queue of events, one source of randomness. The same seed gives the
 * same run. Used by the thread that made it.
 */
public final class Simulation implements VirtualTime, AutoCloseable {
  private final SplittableRandom random;
  private final EventQueue queue = new EventQueue();

  /** What should have happened to processes that are paused, in the order of their times. */
  private final Map<SimProcess, List<Event>> heldBack = new HashMap<>();

  private final Trace trace = new Trace();
  private final Arena arena = Arena.ofConfined();
  private final ArrayDeque<MemorySegment> buffers = new ArrayDeque<>();
  private final CRC32C crc = new CRC32C();
  private final int bufferBytes;
  private final SimProcess world;

  private long now;
  private long sequence;
  private boolean quiet;
  private boolean interruptible;
  private Optional<Violation> violation = Optional.empty();
  private IoWatch watch = IoWatch.NONE;

  /**
   * Starts at time 0.
   *
   * @param seed decides everything
   * @param bufferBytes size of the buffers that {@link #borrow} lends
   */
  public Simulation(long seed, int bufferBytes) {
    this.random = new SplittableRandom(seed);
    this.bufferBytes = bufferBytes;
    this.world = SimProcess.world(0, this);
  }

  @Override
  public long now() {
    return now;
  }

  /** The source of all chance. */
  public SplittableRandom random() {
    return random;
  }

  /** What happened. */
  public Trace trace() {
    return trace;
  }

  /** Whether something that happens in {@code perMille} of 1,000 cases happens now. */
  public boolean chance(int perMille) {
    return perMille > 0 && random.nextInt(1000) < perMille;
  }

  /** What acts when no node does: devices, links, faults. */
  public SimProcess world() {
    return world;
  }

  /** Lets {@code action} happen at {@code process} after a delay, if it still lives then. */
  public Event schedule(long delayNs, SimProcess process, Runnable action) {
    Event event = new Event(now + delayNs + process.slowNs(), sequence++, process, action);
    queue.add(event);
    return event;
  }

  /** The same without the delay of a slow process: for what has to stay in order. */
  public void scheduleInOrder(long delayNs, SimProcess process, Runnable action) {
    queue.add(new Event(now + delayNs, sequence++, process, action));
  }

  public Event schedule(Delay delay, SimProcess process, Runnable action) {
    return schedule(delay.sample(random), process, action);
  }

  /** Lets a paused process go on: what was due meanwhile happens now, in its order. */
  public void resume(SimProcess process) {
    process.resume();
    List<Event> waiting = heldBack.getOrDefault(process, List.of());
    heldBack.remove(process);
    if (!process.isDead()) {
      for (Event late : waiting) {
        queue.add(new Event(now, sequence++, process, late));
      }
    }
  }

  public boolean isIdle() {
    return queue.size() == 0;
  }

  /**
   * Lets the next event happen.
   *
   * @return the process to which it happened; a dead one or the world if nothing happened at a node
   * @throws Violation if an invariant was broken in it
   */
  public SimProcess step() {
    Event event = queue.poll();
    while (queue.size() > 0 && (event.isCancelled() || event.process.isDead())) {
      event = queue.poll();
    }
    now = event.time;
    quiet = false;
    if (event.process.isPaused() && !event.process.isDead()) {
      heldBack.computeIfAbsent(event.process, _ -> new ArrayList<>()).add(event);
      quiet = true;
    } else if (!event.isCancelled() && !event.process.isDead()) {
      try {
        asEvent(event.action);
      } catch (Crash end) {
        quiet = true; // the thrower has done the rest
      }
      check();
    }
    return event.process;
  }

  /** Tells that the present step does not enter the engine. */
  public void quiet() {
    quiet = true;
  }

  /** Tells that the present step goes on in the engine. */
  public void loud() {
    quiet = false;
  }

  /** Whether the last step did not enter the engine, so that nothing needs to be checked. */
  public boolean wasQuiet() {
    return quiet;
  }

  /** Lets a thread of a node do something in which it may be interrupted at every step. */
  public void asThread(Runnable action) {
    boolean before = interruptible;
    interruptible = true;
    try {
      action.run();
    } finally {
      interruptible = before;
    }
  }

  /** Runs what an engine calls in the midst of its own work: nothing else can happen in it. */
  public void asEvent(Runnable action) {
    boolean before = interruptible;
    interruptible = false;
    try {
      action.run();
    } finally {
      interruptible = before;
    }
  }

  /** Whether a thread that may be interrupted does the present step. */
  public boolean isInterruptible() {
    return interruptible;
  }

  /** Runs until nothing is left to happen. */
  public void runAll() {
    while (!isIdle()) {
      step();
    }
  }

  /** Has the watch see every call to a device from here on. */
  public void watch(IoWatch next) {
    watch = next;
  }

  /** A node is about to have an effect on a device. */
  public void begins(IoWatch.Io io, SimProcess process) {
    watch.onIo(io, process, false);
  }

  /** A call of a node to a device has had its effect. */
  public void ends(IoWatch.Io io, SimProcess process) {
    watch.onIo(io, process, true);
  }

  /** Throws the violation that has been reported. */
  public void check() {
    if (violation.isPresent()) {
      throw violation.get();
    }
  }

  public void record(Trace.What what, SimProcess process, long a, long b) {
    trace.add(now, what, process.node(), a, b);
  }

  public void record(Trace.What what, SimProcess process, long a, long b, Object detail) {
    trace.add(now, what, process.node(), a, b, detail);
  }

  public void record(Trace.What what, int node, long a, long b) {
    trace.add(now, what, node, a, b);
  }

  /** Reports a broken invariant; the first one ends the run after the present step. */
  public void violate(Invariant invariant, String detail) {
    violate(new Violation(invariant, detail));
  }

  public void violate(Violation broken) {
    if (violation.isEmpty()) {
      violation = Optional.of(broken);
    }
  }

  /** Lends memory for one block. */
  public MemorySegment borrow() {
    return borrow(bufferBytes);
  }

  /** Lends memory for a block, or for something that is longer. */
  public MemorySegment borrow(long bytes) {
    if (bytes > bufferBytes) {
      return Arena.ofAuto().allocate(bytes, 8);
    }
    MemorySegment buffer = buffers.poll();
    return buffer != null ? buffer : arena.allocate(bufferBytes, 8);
  }

  /** Takes lent memory back and spoils it, so that a late reader notices. */
  public void giveBack(MemorySegment buffer) {
    buffer.fill((byte) 0xA5);
    if (buffer.byteSize() == bufferBytes) {
      buffers.add(buffer);
    }
  }

  public int checksum(MemorySegment memory) {
    crc.reset();
    crc.update(memory.asByteBuffer());
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    arena.close();
  }
}
