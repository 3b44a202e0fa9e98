// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.plugin.workload.shared.Failures;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** The threads of a job, whether they continue, and the first error of any of them. Thread-safe. */
public final class JobThreads {
  private final String name;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private volatile boolean stopped;

  /** Creates the group; threads are named {@code name-0} and so on. */
  public JobThreads(String name) {
    this.name = name;
  }

  /** Tells all threads to end; a thread that is parked wakes up. */
  public void stop() {
    stopped = true;
    wake();
  }

  /** Records an error; later ones are consequences of the first, and dropped. */
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

  /** Whether there was an error, so that all threads should end. */
  public boolean hasFailed() {
    return failure.get() != null;
  }

  /** Whether the work goes on: it was neither stopped, nor has anything gone wrong. */
  public boolean goOn() {
    return !stopped && !hasFailed();
  }

  /**
   * Runs each part of the work in a thread of its own and waits for all; throws the first error. If
   * the calling thread is interrupted, stops the threads and does not wait any more.
   *
   * @param count number of threads
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
