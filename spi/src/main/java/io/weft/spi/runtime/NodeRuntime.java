// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Time, timers, waiting, randomness and threads. Engine code gets them here and nowhere else, so
 * that the same bytecode runs under a simulator.
 *
 * <ul>
 *   <li>Rule RT-1: {@link #nanoTime} and {@link #bootTime} never go back.
 *   <li>Rule RT-2: scheduled tasks, {@link #blocking} tasks and {@link #workers} tasks run on
 *       threads of the runtime, never inside the call that submits them. No such task waits for a
 *       thread that runs one of another kind.
 *   <li>Rule RT-3: a task that throws is reported to the node's failure handler, not lost.
 *   <li>Rule RT-4: closing stops all threads; tasks not yet run are dropped.
 *   <li>Rule RT-5: {@link #bootTime} goes on while the machine is suspended, as far as the system
 *       can tell; {@link #nanoTime} may stand still then, but never runs ahead of real time. So the
 *       end of one's own right is judged by the former, and whoever waits for the end of another's
 *       waits by the latter.
 * </ul>
 */
public interface NodeRuntime extends AutoCloseable {
  /** Monotonic time in nanoseconds; only differences mean something. */
  long nanoTime();

  /**
   * Monotonic time in nanoseconds that goes on while the machine is suspended; only differences
   * mean something. As cheap as {@link #nanoTime}: every end of a lease on a block asks for it.
   */
  long bootTime();

  /**
   * Wall-clock time in milliseconds since 1970, for people and file headers, and for noticing that
   * the other clocks have stood still: nothing is decided by it.
   */
  long wallMillis();

  /**
   * Runs {@code task} once after {@code delayNs} nanoseconds, on the thread that keeps the time: it
   * returns soon, and leaves work of others to {@link #workers}, because heartbeats and the lease
   * wait for it.
   */
  Cancellable schedule(long delayNs, Runnable task);

  /** Runs tasks that may block for I/O, on a bounded number of threads. */
  Executor blocking();

  /**
   * Runs tasks that never block, on a few threads of the node's own: what a thread that has only
   * come by leaves undone ({@link DrainLoop}). What it has accepted it runs, also while the runtime
   * closes; then it refuses with {@link java.util.concurrent.RejectedExecutionException}.
   */
  Executor workers();

  /** A source of randomness for choices that need no secrecy. */
  RandomGenerator random();

  /** Makes a reusable waiting place for one thread. */
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
