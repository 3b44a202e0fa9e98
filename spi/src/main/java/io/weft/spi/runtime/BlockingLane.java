// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded share of {@link NodeRuntime#blocking}: starts tasks in the order of their arrival, on a
 * limited number of its threads. So a component whose storage is slow or hangs does not occupy the
 * threads of the other components. Thread-safe. The queue has no bound of its own; the submitters
 * bound the number of tasks.
 */
public final class BlockingLane implements Executor {
  private final Executor blocking;
  private final int width;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger running = new AtomicInteger();

  /** Creates an idle lane that uses at most {@code width} threads, 1 or larger. */
  public BlockingLane(Executor blocking, int width) {
    this.blocking = blocking;
    this.width = width;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    runMore();
  }

  /**
   * Submits one more run if fewer than {@code width} are active. A run takes one task, then frees
   * its slot.
   */
  private void runMore() {
    while (!tasks.isEmpty()) {
      int now = running.get();
      if (now >= width) {
        return; // a running task calls this method again when it has finished
      }
      if (running.compareAndSet(now, now + 1)) {
        submit();
        return;
      }
    }
  }

  private void submit() {
    boolean submitted = false;
    try {
      blocking.execute(this::runOne);
      submitted = true;
    } finally {
      if (!submitted) {
        running.decrementAndGet();
      }
    }
  }

  private void runOne() {
    try {
      Runnable task = tasks.poll();
      if (task != null) {
        task.run();
      }
    } finally {
      running.decrementAndGet();
      runMore();
    }
  }
}
