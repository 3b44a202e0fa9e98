// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * A redo log that is late: records become durable in LSN order at random later times. Whoever waits
 * makes it hurry, but not at once.
 */
public final class SimRedoLog implements RedoLog {
  private static final int RECORD_BYTES = 64;

  /** Sees each record as it is appended. */
  @FunctionalInterface
  public interface Listener {
    /** {@code node} has appended a record that ends at {@code lsn}. */
    void onAppend(int node, long lsn, RedoRecord record);
  }

  /**
   * How late the log is.
   *
   * @param idle until a flush that nobody asked for starts
   * @param soon until a flush that somebody waits for starts
   * @param flush how long a flush takes
   * @param inlinePerMille how often an event whose LSN is durable already runs inside the call
   */
  public record Lateness(Delay idle, Delay soon, Delay flush, int inlinePerMille) {}

  private record Waiting(long lsn, Runnable event) {}

  private final Simulation simulation;
  private final int node;
  private final Lateness lateness;
  private final Listener listener;
  private final List<Waiting> waiters = new ArrayList<>();
  private long appended;
  private long durable;
  private boolean flushing;
  private boolean idleFlushPlanned;
  private boolean soonFlushPlanned;

  /** Makes the empty log of {@code node}. */
  public SimRedoLog(Simulation simulation, int node, Lateness lateness, Listener listener) {
    this.simulation = simulation;
    this.node = node;
    this.lateness = lateness;
    this.listener = listener;
  }

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public boolean survivesProcess() {
    return true;
  }

  @Override
  public long append(RedoRecord record) {
    appended += RECORD_BYTES;
    simulation.record(Trace.What.APPENDED, node, appended, record.blocks());
    listener.onAppend(node, appended, record);
    if (!idleFlushPlanned) {
      idleFlushPlanned = true;
      simulation.schedule(lateness.idle, node, this::flushUnasked);
    }
    return appended;
  }

  @Override
  public long durableLsn() {
    return durable;
  }

  @Override
  public void whenDurable(long lsn, Runnable event) {
    if (lsn > appended) {
      simulation.violate(
          Invariant.CONTRACT, "n" + node + " waits for LSN " + lsn + " beyond " + appended);
    }
    if (lsn > durable) {
      waiters.add(new Waiting(lsn, event));
      flushSoon();
    } else if (simulation.chance(lateness.inlinePerMille)) {
      event.run();
    } else {
      simulation.schedule(lateness.soon, node, event);
    }
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
          node,
          () -> {
            soonFlushPlanned = false;
            flush();
          });
    }
  }

  private void flush() {
    if (!flushing && appended > durable) {
      flushing = true;
      long target = appended;
      simulation.schedule(lateness.flush, node, () -> flushed(target));
    }
  }

  private void flushed(long target) {
    flushing = false;
    durable = target;
    simulation.record(Trace.What.DURABLE, node, target, appended);
    List<Waiting> ready = new ArrayList<>();
    waiters.removeIf(waiting -> waiting.lsn <= durable && ready.add(waiting));
    if (!waiters.isEmpty()) {
      flushSoon();
    }
    for (Waiting waiting : ready) {
      if (simulation.chance(lateness.inlinePerMille)) {
        waiting.event.run();
      } else {
        simulation.schedule(lateness.soon, node, waiting.event);
      }
    }
  }

  /** How many events wait. */
  int waiters() {
    return waiters.size();
  }

  @Override
  public void close() {
    durable = appended;
  }
}
