// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.WeftException;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.runtime.NodeRuntime;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscChunkedVarHandleArrayQueue;

/**
 * Runs events one at a time, in the order of arrival. The submitting threads run them, each for a
 * limited time ({@link DrainLoop}). An event never blocks, so neither does {@link #execute}. An
 * exception of an event goes to the failure handler before the next event runs.
 */
public final class SerialExecutor {
  /** Most queued events; admission keeps their number far below this. */
  public static final int MAX_EVENTS = 1 << 20;

  /** Events per chunk of the queue's memory. */
  private static final int CHUNK = 1 << 10;

  private final MpscChunkedVarHandleArrayQueue<Runnable> queue =
      new MpscChunkedVarHandleArrayQueue<>(CHUNK, MAX_EVENTS);
  private final AtomicReference<Runnable> first = new AtomicReference<>();
  private final DrainLoop loop;
  private final Bursts bursts;
  private final Runnable afterEach;
  private final Consumer<Throwable> onFailure;

  /**
   * Makes an idle executor.
   *
   * @param bursts called when a run of consecutive events begins and ends
   * @param afterEach runs after every event
   * @param onFailure receives what an event throws
   */
  public SerialExecutor(
      NodeRuntime runtime, Bursts bursts, Runnable afterEach, Consumer<Throwable> onFailure) {
    this.bursts = bursts;
    this.afterEach = afterEach;
    this.onFailure = onFailure;
    this.loop =
        new DrainLoop(
            new Events(), DrainLoop.MAX_PIECES, runtime.workers(), runtime::nanoTime, onFailure);
  }

  /** Runs {@code event} after all earlier ones, possibly before this returns. Any thread. */
  public void execute(Runnable event) {
    if (add(event)) {
      loop.signal();
    }
  }

  /**
   * Queues {@code event} without running anything on this thread, so the caller may hold a monitor.
   * After each call the caller calls {@link #work} without the monitor. Any thread.
   */
  public void queue(Runnable event) {
    add(event);
  }

  /** Runs what was queued by {@link #queue}, one call for each event. Any thread. */
  public void work() {
    loop.signal();
  }

  /** Runs {@code event} after all earlier ones, on a thread of the node. Any thread. */
  public void executeElsewhere(Runnable event) {
    if (add(event)) {
      loop.signalHelper();
    }
  }

  /** Runs {@code event} before all queued ones; of several such events only the first. */
  public void executeFirst(Runnable event) {
    first.compareAndSet(null, event);
    loop.signal();
  }

  /** Reports an exception thrown while an event was submitted; the node stops. Any thread. */
  public void fail(Throwable thrown) {
    loop.fail(thrown);
  }

  /** Resumes work that was interrupted by lack of memory or stack. Any thread. */
  public void look() {
    loop.look();
  }

  private boolean add(Runnable event) {
    try {
      if (queue.offer(event)) {
        return true;
      }
    } catch (Throwable t) { // the event is lost, so the node must not continue
      loop.fail(t);
      throw t;
    }
    onFailure.accept(
        new WeftException(
            CacheFusionErrors.SHARD_OVERFLOW, "more than " + MAX_EVENTS + " events are queued"));
    return false;
  }

  private final class Events implements DrainLoop.Work {
    private boolean firstDone;

    @Override
    public int perform(int signals) {
      Runnable event = firstDone ? null : first.get();
      if (event != null) {
        firstDone = true;
      } else {
        event = queue.poll();
      }
      if (event != null) {
        event.run();
        afterEach.run();
      }
      return 1;
    }

    @Override
    public void begin() {
      bursts.begin();
    }

    @Override
    public void end() {
      bursts.end();
    }
  }

  /** Gathers the messages of several consecutive events. */
  public interface Bursts {
    void begin();

    void end();
  }
}
