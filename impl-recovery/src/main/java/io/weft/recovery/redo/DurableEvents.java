// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import java.util.Arrays;

/**
 * Events that run when the log is durable up to an LSN, in that order. Thread-safe. Events run on
 * the thread that reports the progress, without a lock. An event that throws stops the node, and
 * the other events still run. If the error cannot be reported for lack of memory, it is kept and
 * reported later.
 */
final class DurableEvents {
  /** Initial capacity of the heap of events; grows by doubling. */
  private static final int FIRST_CAPACITY = 64;

  /** Events taken from the heap at a time, so that the lock is held briefly. */
  private static final int GROUP = 64;

  private final NodeFailure failure;
  private final Object lock = new Object();
  private long[] lsns = new long[FIRST_CAPACITY]; // a binary heap, the smallest first
  private Runnable[] events = new Runnable[FIRST_CAPACITY];
  private volatile int count;

  /** An exception that could not be reported yet; null if there is none. */
  private volatile Throwable unreported;

  DurableEvents(NodeFailure failure) {
    this.failure = failure;
  }

  /** Whether an event waits. */
  boolean waiting() {
    return count > 0;
  }

  /** Number of waiting events. */
  int count() {
    return count;
  }

  /**
   * Adds an event; false, and not added, if its LSN is already durable.
   *
   * @param log asked under the lock, so that the event cannot be missed
   */
  boolean add(long lsn, Runnable event, RedoLogCore log) {
    synchronized (lock) {
      if (log.durableLsn() >= lsn) {
        return false;
      }
      int at = count;
      if (at == lsns.length) {
        long[] moreLsns = Arrays.copyOf(lsns, at * 2);
        events = Arrays.copyOf(events, at * 2); // after an OutOfMemoryError neither has grown
        lsns = moreLsns;
      }
      while (at > 0 && lsns[(at - 1) / 2] > lsn) {
        put(at, (at - 1) / 2);
        at = (at - 1) / 2;
      }
      lsns[at] = lsn;
      events[at] = event;
      count = count + 1;
      return true;
    }
  }

  /** Removes an event that has not run; linear in the number of events. */
  void remove(long lsn, Runnable event) {
    synchronized (lock) {
      for (int at = 0; at < count; at++) {
        if (lsns[at] == lsn && events[at] == event) {
          removeAt(at);
          return;
        }
      }
    }
  }

  /** Whether an exception has not been reported yet. */
  boolean hasUnreported() {
    return unreported != null;
  }

  /** Runs events up to {@code durable}, at most about {@code most}; returns their number. */
  int complete(long durable, int most) {
    report();
    int ran = 0;
    while (count > 0 && ran < most) {
      Runnable[] due = new Runnable[GROUP];
      int taken = take(durable, due);
      for (int i = 0; i < taken; i++) {
        run(due[i]);
      }
      ran += taken;
      if (taken < due.length) {
        break;
      }
    }
    return ran;
  }

  void run(Runnable event) {
    try {
      event.run();
    } catch (Throwable t) {
      unreported = t;
      report();
    }
  }

  private void report() {
    Throwable thrown = unreported;
    if (thrown == null) {
      return;
    }
    try {
      failure.stop(
          thrown instanceof WeftException known
              ? known
              : new WeftException(
                  CoreErrors.INVARIANT_BROKEN,
                  "an event that waited for durable redo threw " + thrown,
                  thrown));
      unreported = null;
    } catch (Throwable _) {
      // The log's own thread reports it when there is memory again.
    }
  }

  private int take(long durable, Runnable[] due) {
    synchronized (lock) {
      int taken = 0;
      while (count > 0 && lsns[0] <= durable && taken < due.length) {
        due[taken++] = events[0];
        removeAt(0);
      }
      return taken;
    }
  }

  /** Moves the last event to the free place, and from there up or down. */
  private void removeAt(int place) {
    int last = count - 1;
    count = last;
    long lsn = lsns[last];
    Runnable event = events[last];
    events[last] = null;
    if (place == last) {
      return;
    }
    int at = place;
    while (at > 0 && lsns[(at - 1) / 2] > lsn) {
      put(at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
    while (true) {
      int child = 2 * at + 1;
      if (child >= last) {
        break;
      }
      if (child + 1 < last && lsns[child + 1] < lsns[child]) {
        child++;
      }
      if (lsns[child] >= lsn) {
        break;
      }
      put(at, child);
      at = child;
    }
    lsns[at] = lsn;
    events[at] = event;
  }

  private void put(int to, int from) {
    lsns[to] = lsns[from];
    events[to] = events[from];
  }
}
