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
 *   <li>Rule RT-1: {@link #nanoTime} never goes back.
 *   <li>Rule RT-2: scheduled tasks and {@link #blocking} tasks run on threads of the runtime, never
 *       inside the call that submits them.
 *   <li>Rule RT-3: a task that throws is reported to the node's failure handler, not lost.
 *   <li>Rule RT-4: closing stops all threads; tasks not yet run are dropped.
 * </ul>
 */
public interface NodeRuntime extends AutoCloseable {
  /** Monotonic time in nanoseconds; only differences mean something. */
  long nanoTime();

  /** Wall-clock time in milliseconds since 1970, for people and file headers only. */
  long wallMillis();

  /** Runs {@code task} once after {@code delayNs} nanoseconds. */
  Cancellable schedule(long delayNs, Runnable task);

  /** Runs tasks that may block for I/O, on a bounded number of threads. */
  Executor blocking();

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
