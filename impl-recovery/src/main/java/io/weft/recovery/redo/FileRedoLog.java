// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The redo log of a node on a log device. Thread-safe.
 *
 * <p>A {@code SYNC} committer flushes itself if no other thread is flushing, and its flush covers
 * all records appended so far. The other committers wait for an event. While there are such
 * waiters, the log's own thread flushes repeatedly, so that each flush covers the commits that
 * arrived during the previous one. Records without a waiter become durable within the flush
 * interval. If much is written, a second thread forces it while the first one writes on.
 */
public final class FileRedoLog implements RedoLog {
  /*
   * No waiter is missed. A thread that adds an event wakes the log's thread. A thread that has
   * flushed checks afterwards for waiters, and wakes the log's thread if there are any. At least
   * one of the two sees the other. An event may already be durable when the log's thread finds it,
   * because it was added during a flush; so the thread completes events even without a flush.
   *
   * The thread parks without a time limit while no record is volatile and no event waits. Before
   * that it arms the log, whose next append wakes it, and checks again.
   */
  /** Pause of a thread that is woken when there is work. */
  private static final long UNTIL_WOKEN = Long.MAX_VALUE;

  /** Pause of the thread when an appender has reserved room and not published its record: 20 us. */
  private static final long GAP_NS = 20_000;

  /** Most events that a committer runs for other threads; the log's own thread runs the rest. */
  private static final int MAX_EVENTS_OF_COMMITTER = 64;

  /** Most events that the thread runs before it checks again for records to flush. */
  private static final int MAX_EVENTS_OF_THREAD = 256;

  /** Pause before stopping the node is tried again after it failed for lack of memory: 50 ms. */
  private static final long REPORT_AGAIN_NS = 50_000_000;

  private final RedoLogCore core;
  private final DurableEvents events;
  private final NodeFailure failure;
  private final NodeRuntime runtime;
  private final long intervalNs;
  private final long spinNs;
  private final Counter flushes;
  private final Counter bytes;
  private final Recorder flushTimes;
  private final Thread thread;
  private final Thread forcer;
  private final AtomicLong counted = new AtomicLong(); // LSN up to which bytes are in the counters
  private volatile boolean driving; // the thread flushes, so committers do not
  private volatile boolean asked;
  private volatile boolean closed;

  /** Creates a closed log; {@link #open} creates its first segment. */
  @Inject
  public FileRedoLog(
      FileRedoLogSettings settings,
      NodeSettings node,
      NodeFailure nodeFailure,
      Views views,
      NodeRuntime runtime,
      LogDevice device,
      Metrics metrics) {
    this.failure = nodeFailure;
    this.runtime = runtime;
    this.intervalNs = settings.flushInterval().toNanos();
    this.spinNs = settings.spin().toNanos();
    this.flushes = metrics.counter("redo-log.flushes", "Times that redo was made durable.");
    this.bytes = metrics.counter("redo-log.bytes", "Bytes of redo made durable.");
    this.flushTimes = metrics.recorder("redo-log.flush", "Time to write and force redo.");
    this.events = new DurableEvents(nodeFailure);
    this.core =
        new RedoLogCore(
            device,
            new LogId(node.nodeId().value(), node.incarnation()),
            node.clusterName(),
            views,
            runtime::nanoTime,
            runtime::wallMillis,
            settings.shape(),
            nodeFailure::stop);
    core.onWork(this::wake);
    this.thread = thread("weft-redo", this::step);
    this.forcer = thread("weft-redo-force", this::forceAhead);
    core.onWritten(() -> LockSupport.unpark(forcer));
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public boolean survivesProcess() {
    return true;
  }

  @Override
  public void open() {
    core.open();
    counted.set(core.durableLsn());
    thread.start();
    forcer.start();
  }

  @Override
  public long append(RedoRecord record) {
    return core.append(record);
  }

  @Override
  public long durableLsn() {
    return core.durableLsn();
  }

  @Override
  public void whenDurable(long lsn, Runnable event) {
    if (lsn > core.tail()) {
      throw new IllegalArgumentException(
          "LSN " + lsn + " is beyond the end of the log, " + core.tail());
    }
    if (core.durableLsn() >= lsn || !events.add(lsn, event, core)) {
      events.run(event);
    } else if (!driving && !core.isWriting()) {
      wake();
    }
  }

  @Override
  public void forget(long lsn, Runnable event) {
    events.remove(lsn, event);
  }

  @Override
  public boolean flush(long lsn) {
    if (core.durableLsn() >= lsn) {
      return true;
    }
    if (!driving) {
      long begin = runtime.nanoTime();
      if (core.tryFlush()) {
        flushed(begin);
        serve();
      }
    }
    return core.durableLsn() >= lsn;
  }

  @Override
  public long beginCheckpoint() {
    return core.beginCheckpoint();
  }

  @Override
  public void endCheckpoint(long lsn) {
    core.endCheckpoint(lsn);
    serve();
  }

  @Override
  public long bytesSinceCheckpoint() {
    return core.bytesSinceCheckpoint();
  }

  /** Ends the current segment, so that it can be copied or released as a whole. */
  public void rotate() {
    core.rotate();
    core.flush();
    serve();
  }

  /**
   * After a flush by this thread: runs the events that waited for it, and wakes the log's thread if
   * others wait.
   */
  private void serve() {
    try {
      events.complete(core.durableLsn(), MAX_EVENTS_OF_COMMITTER);
    } finally {
      if (events.waiting() || events.hasUnreported()) {
        wake();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
    LockSupport.unpark(forcer);
    join(thread);
    join(forcer);
    core.close();
    events.complete(core.durableLsn(), Integer.MAX_VALUE);
  }

  private static void join(Thread ending) {
    boolean interrupted = false;
    while (ending.isAlive() && ending != Thread.currentThread()) { // an event may close the log
      try {
        ending.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    asked = true;
    LockSupport.unpark(thread);
  }

  private void flushed(long begin) {
    long durable = core.durableLsn();
    long before = counted.getAndAccumulate(durable, Math::max);
    if (durable > before) {
      flushes.increment();
      bytes.add(durable - before);
      flushTimes.record(runtime.nanoTime() - begin);
    }
  }

  // ---- the threads

  private Thread thread(String name, Runnable step) {
    return Thread.ofPlatform().name(name).daemon().unstarted(() -> run(step));
  }

  private void run(Runnable step) {
    try {
      while (!closed) {
        step.run();
      }
    } catch (WeftException _) {
      // The log has failed and has stopped the node, or may not be written without a lease.
    } catch (Throwable t) {
      while (!isReported(t) && !closed) {
        pause(REPORT_AGAIN_NS);
      }
    } finally {
      driving = false;
    }
  }

  /** One force of the second thread, or a pause until something is written. */
  private void forceAhead() {
    long begin = runtime.nanoTime();
    if (core.forceAhead()) {
      flushed(begin);
      serve();
    } else if (!closed) {
      pause(UNTIL_WOKEN);
    }
  }

  /**
   * Parks the thread. Nobody may stop the log by an interrupt: it ends this pause, and not all that
   * follow.
   */
  private void pause(long nanos) {
    if (nanos == UNTIL_WOKEN) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, nanos);
    }
    Thread.interrupted();
  }

  /** Stops the node; false if there is not enough memory for that. */
  private boolean isReported(Throwable thrown) {
    try {
      failure.stop(
          new WeftException(
              CoreErrors.INVARIANT_BROKEN,
              "a thread of the redo log ended with " + thrown,
              thrown));
      return true;
    } catch (Throwable _) {
      return false;
    }
  }

  private void step() {
    asked = false;
    if (events.hasUnreported()) {
      pause(REPORT_AGAIN_NS);
      events.complete(core.durableLsn(), MAX_EVENTS_OF_THREAD);
    } else if (events.waiting()) {
      serveWaiters();
    } else if (core.hasVolatile()) {
      awaitInterval();
    } else {
      core.arm();
      if (!core.hasVolatile() && !asked && !closed) {
        pause(UNTIL_WOKEN);
      }
    }
  }

  /** Flushes while events wait; polls for a short time between two groups. */
  private void serveWaiters() {
    driving = true;
    long idleSince = runtime.nanoTime();
    while (!closed) {
      long now = runtime.nanoTime();
      if (events.waiting()) {
        if (!flushOnce(now)) {
          pause(GAP_NS); // an appender has reserved room and not published
        }
        idleSince = runtime.nanoTime();
      } else if (now - idleSince >= spinNs) {
        break;
      } else {
        Thread.onSpinWait();
      }
    }
    driving = false;
    core.prepare();
    if (events.waiting()) {
      asked = true;
    }
  }

  private boolean flushOnce(long now) {
    long before = core.durableLsn();
    long after = core.flush();
    flushed(now);
    return events.complete(after, MAX_EVENTS_OF_THREAD) > 0 || after > before;
  }

  /** Waits until the end of the flush interval or for a waiter, then flushes volatile records. */
  private void awaitInterval() {
    long limit = core.tail();
    long end = runtime.nanoTime() + intervalNs;
    while (!closed && !events.waiting()) {
      long left = end - runtime.nanoTime();
      if (left <= 0) {
        if (core.durableLsn() < limit || core.needsProof()) {
          flushOnce(runtime.nanoTime());
        }
        break;
      }
      if (core.isPressed()) {
        core.prepare();
        core.write();
      } else {
        pause(left);
      }
    }
    core.prepare();
  }
}
