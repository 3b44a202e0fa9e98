// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.plugin.workload.shared.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The threads of a job, and the first error of any of them. Thread-safe. */
public final class JobThreads {
  private final String name;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** Creates the group; threads are named {@code name-0} and so on. */
  public JobThreads(String name) {
    this.name = name;
  }

  /** Records an error; later ones are consequences of the first, and dropped. */
  public void fail(Throwable error) {
    failure.compareAndSet(null, error);
  }

  /** Whether there was an error, so that all threads should end. */
  public boolean hasFailed() {
    return failure.get() != null;
  }

  /**
   * Runs each task in a thread of its own and waits for all; throws the first error. If the calling
   * thread is interrupted, stops the job and does not wait any more.
   */
  public void run(List<? extends Runnable> tasks, Runnable stop) {
    List<Thread> threads = new ArrayList<>();
    for (Runnable task : tasks) {
      threads.add(Thread.ofPlatform().daemon().name(name + "-" + threads.size()).start(task));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        stop.run();
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
