// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A share of {@link NodeRuntime#blocking}: runs tasks in the order of their arrival, on a bounded
 * number of its threads. So a subject whose storage is slow, or hangs, does not take the threads of
 * all others. Thread-safe; its tasks are bounded by who submits them.
 */
public final class BlockingLane implements Executor {
  private final Executor blocking;
  private final int width;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger running = new AtomicInteger();

  /** Makes an idle one that uses at most {@code width} threads. */
  public BlockingLane(Executor blocking, int width) {
    this.blocking = blocking;
    this.width = width;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    runMore();
  }

  /** Takes a thread if there is one left to take; it takes one task, then makes room. */
  private void runMore() {
    while (!tasks.isEmpty()) {
      int now = running.get();
      if (now >= width) {
        return; // who runs looks again when it has finished
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
