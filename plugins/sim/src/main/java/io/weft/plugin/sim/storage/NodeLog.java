// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.WeftException;
import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * A redo log that is late: records become durable in LSN order at random later times. A waiting
 * caller makes that sooner, but not at once. What a record is, and what durable, its subclasses
 * know.
 */
public abstract class NodeLog implements RedoLog, History.RedoEnds {
  /** Sees each record as it is appended. */
  @FunctionalInterface
  public interface Listener {
    /** {@code process} has appended a record that ends at {@code lsn}. */
    void onAppend(SimProcess process, long lsn, RedoRecord record);
  }

  /**
   * How late a log is.
   *
   * @param idle until a flush that nobody asked for starts
   * @param soon until a flush with waiting callers starts
   * @param flush how long a flush takes
   * @param inlinePerMille how often an event whose LSN is durable already runs inside the call
   */
  public record Lateness(Delay idle, Delay soon, Delay flush, int inlinePerMille) {}

  private record Waiting(long lsn, Runnable event) {}

  private final Simulation simulation;
  private final SimProcess process;
  private final Lateness lateness;
  private final NodeFailure failure;
  private final Listener listener;
  private final List<Waiting> waiters = new ArrayList<>();
  private boolean ended;
  private boolean flushing;
  private boolean idleFlushPlanned;
  private boolean soonFlushPlanned;
  private long slowNs;

  NodeLog(
      Simulation simulation,
      SimProcess process,
      Lateness lateness,
      NodeFailure failure,
      Listener listener) {
    this.simulation = simulation;
    this.process = process;
    this.lateness = lateness;
    this.failure = failure;
    this.listener = listener;
  }

  /** Takes the record in; returns its LSN. */
  abstract long add(RedoRecord record);

  /** Takes in a record after the end: nobody will ever see it. Returns its LSN. */
  abstract long addTooLate(RedoRecord record);

  /** The LSN of the last record. */
  abstract long appendedLsn();

  /**
   * Makes durable what has been appended, or a part of it.
   *
   * @param target what had been appended when the flush began
   * @throws WeftException if the log has failed
   */
  abstract void flushTo(long target);

  /** Decides for ever what is left of what was not durable. */
  abstract void settle();

  /** Everything of it is on disk for good. */
  public abstract void delete();

  /** Lets the next force fail, or does not. */
  public abstract void failForce(boolean fails);

  public final SimProcess process() {
    return process;
  }

  final Simulation simulation() {
    return simulation;
  }

  /** Lets each flush take longer. */
  public final void slowDown(long byNs) {
    slowNs = byNs;
  }

  /** How many events wait. */
  public final int waiters() {
    return waiters.size();
  }

  /**
   * Nothing is added any more: the node has died, or the log is sealed. What was written and not
   * forced stays in part.
   */
  public final void end() {
    if (!ended) {
      ended = true;
      settle();
    }
  }

  public final boolean isEnded() {
    return ended;
  }

  @Override
  public final String name() {
    return "sim";
  }

  @Override
  public final boolean survivesProcess() {
    return true;
  }

  @Override
  public final long append(RedoRecord record) {
    if (ended) {
      return addTooLate(record); // by a thread that was interrupted before it
    }
    long lsn = add(record);
    simulation.record(Trace.What.APPENDED, process, lsn, record.blocks());
    listener.onAppend(process, lsn, record);
    if (!idleFlushPlanned) {
      idleFlushPlanned = true;
      simulation.schedule(lateness.idle, process, this::flushUnasked);
    }
    return lsn;
  }

  @Override
  public final void whenDurable(long lsn, Runnable event) {
    if (ended) {
      simulation.schedule(
          lateness.soon, process, this::refuse); // a writer that does not know it yet
      return;
    }
    if (lsn > appendedLsn()) {
      simulation.violate(
          Invariant.CONTRACT, process + " waits for LSN " + lsn + " beyond " + appendedLsn());
    }
    if (lsn > durableLsn()) {
      waiters.add(new Waiting(lsn, event));
      flushSoon();
    } else {
      tell(event);
    }
  }

  @Override
  public final void forget(long lsn, Runnable event) {
    waiters.removeIf(each -> each.lsn == lsn && each.event == event);
  }

  private void tell(Runnable event) {
    if (simulation.chance(lateness.inlinePerMille)) {
      event.run();
    } else {
      simulation.schedule(lateness.soon, process, event);
    }
  }

  private void refuse() {
    failure.stop(new WeftException(RedoErrors.LOG_SEALED, "the log of " + process + " is sealed"));
  }

  private void flushUnasked() {
    idleFlushPlanned = false;
    flush();
  }

  private void flushSoon() {
    if (!soonFlushPlanned && !flushing) {
      soonFlushPlanned = true;
      simulation.schedule(
          lateness.soon,
          process,
          () -> {
            soonFlushPlanned = false;
            flush();
          });
    }
  }

  private void flush() {
    if (ended && !flushing) {
      refuse();
    } else if (!flushing && appendedLsn() <= durableLsn()) {
      tellWaiters(); // a checkpoint has made it durable
    } else if (!flushing) {
      flushing = true;
      long target = appendedLsn();
      simulation.schedule(
          slowNs + lateness.flush.sample(simulation.random()), process, () -> flushed(target));
    }
  }

  private void flushed(long target) {
    flushing = false;
    try {
      if (ended) {
        throw new WeftException(RedoErrors.LOG_SEALED, "the log of " + process + " is sealed");
      }
      flushTo(target);
    } catch (WeftException e) {
      if (!process.isDead()) {
        failure.stop(e);
      }
      return;
    }
    simulation.record(Trace.What.DURABLE, process, durableLsn(), appendedLsn());
    tellWaiters();
  }

  private void tellWaiters() {
    List<Waiting> ready = new ArrayList<>();
    waiters.removeIf(waiting -> waiting.lsn <= durableLsn() && ready.add(waiting));
    if (!waiters.isEmpty()) {
      flushSoon();
    }
    for (Waiting waiting : ready) {
      tell(waiting.event);
    }
  }
}
