// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.plugin.workload.shared.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The threads of a job, and what went wrong first in any of them. Thread-safe. */
public final class JobThreads {
  private final String name;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** Makes it; threads are named {@code name-0} and so on. */
  public JobThreads(String name) {
    this.name = name;
  }

  /** Something went wrong; what comes after the first is a consequence, and dropped. */
  public void fail(Throwable error) {
    failure.compareAndSet(null, error);
  }

  /** Whether something went wrong, so that all should end. */
  public boolean hasFailed() {
    return failure.get() != null;
  }

  /**
   * Runs each task in a thread of its own and waits for all; throws what went wrong first. If it is
   * interrupted, has the job stopped instead and does not wait any more.
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
