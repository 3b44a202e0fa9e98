// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Time, timers, waiting, randomness and threads. Engine code gets them only here, so that the same
 * bytecode runs under a simulator. Thread-safe.
 *
 * <ul>
 *   <li>Rule RT-1: {@link #nanoTime} and {@link #bootTime} never decrease.
 *   <li>Rule RT-2: scheduled tasks, {@link #blocking} tasks and {@link #workers} tasks run on
 *       threads of the runtime, never inside the call that submits them. A task of one kind never
 *       waits for a thread that runs a task of another kind.
 *   <li>Rule RT-3: an exception thrown by a task is reported to the node's failure handler.
 *   <li>Rule RT-4: closing stops all threads. Tasks that have not started are dropped.
 *   <li>Rule RT-5: {@link #bootTime} advances while the machine is suspended, as far as the
 *       operating system supports it. {@link #nanoTime} may stand still during a suspension, but
 *       never runs ahead of real time. So a node judges the expiry of its own membership lease by
 *       {@link #bootTime}. It waits for the expiry of another node's lease by {@link #nanoTime}.
 * </ul>
 */
public interface NodeRuntime extends AutoCloseable {
  /** Monotonic time in nanoseconds. Only differences are meaningful. */
  long nanoTime();

  /**
   * Monotonic time in nanoseconds that also advances while the machine is suspended. Only
   * differences are meaningful. As cheap as {@link #nanoTime}, because it is read at every end of a
   * block lease.
   */
  long bootTime();

  /**
   * Wall-clock time in milliseconds since 1970. Used in texts and file headers, and to detect that
   * the other clocks have stood still. No protocol decision depends on it.
   */
  long wallMillis();

  /**
   * Runs {@code task} once after {@code delayNs} nanoseconds, on the timer thread. The task must be
   * short, and must leave longer work to {@link #workers}, because heartbeats and the membership
   * lease depend on this thread.
   */
  Cancellable schedule(long delayNs, Runnable task);

  /** The executor for tasks that may block for I/O. It has a bounded number of threads. */
  Executor blocking();

  /**
   * The executor for tasks that never block, on a few threads of the node. It does the work that is
   * left after a visit of a {@link DrainLoop}. It runs every accepted task, even while the runtime
   * is closing. After that it refuses tasks with {@link
   * java.util.concurrent.RejectedExecutionException}.
   */
  Executor workers();

  /** A source of random numbers that need not be secret. */
  RandomGenerator random();

  /** Creates a reusable waiter for one thread. */
  Waiter newWaiter();

  @Override
  void close();

  /** A scheduled task. */
  @FunctionalInterface
  interface Cancellable {
    /** Prevents the task from running if it has not started. */
    void cancel();
  }
}
