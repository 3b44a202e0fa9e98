// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.plugin.workload.shared.Failures;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * The threads of a job, whether they are to go on, and what went wrong first in any of them.
 * Thread-safe.
 */
public final class JobThreads {
  private final String name;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private volatile boolean stopped;

  /** Makes it; threads are named {@code name-0} and so on. */
  public JobThreads(String name) {
    this.name = name;
  }

  /** Has all threads end soon; one that is parked wakes up. */
  public void stop() {
    stopped = true;
    wake();
  }

  /** Something went wrong; what comes after the first is a consequence, and dropped. */
  public void fail(Throwable error) {
    failure.compareAndSet(null, error);
    wake();
  }

  private void wake() {
    threads.forEach(LockSupport::unpark);
  }

  /** Whether the threads were told to stop. */
  public boolean isStopped() {
    return stopped;
  }

  /** Whether something went wrong, so that all should end. */
  public boolean hasFailed() {
    return failure.get() != null;
  }

  /** Whether the work goes on: it was neither stopped, nor has anything gone wrong. */
  public boolean goOn() {
    return !stopped && !hasFailed();
  }

  /**
   * Does each part of the work in a thread of its own and waits for all; throws what went wrong
   * first. If it is interrupted, it stops the threads instead and does not wait any more.
   *
   * @param count how many threads
   * @param work what a thread does, by its number from 0
   */
  public void run(int count, IntFunction<Runnable> work) {
    for (int number = 0; number < count; number++) {
      Runnable part = work.apply(number);
      threads.add(Thread.ofPlatform().daemon().name(name + "-" + number).unstarted(part));
    }
    threads.forEach(Thread::start); // all are in the list by now, so that none misses a wake-up
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        stop();
        Thread.currentThread().interrupt();
        return;
      }
    }
    Throwable first = failure.get();
    if (first != null) {
      throw Failures.asUnchecked(first);
    }
  }
}
