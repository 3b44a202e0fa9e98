// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Calls of one node that do not return until they are released. While they hang, each blocking task
 * of the node has a thread of its own, and the world waits until the task has ended or hangs: still
 * only one thread at a time does anything.
 */
final class HangingCalls {
  private static final ThreadLocal<CountDownLatch> SETTLED = new ThreadLocal<>();

  private final CountDownLatch release = new CountDownLatch(1);
  private final List<Thread> hanging = new ArrayList<>();

  /** Runs a task as far as it gets. */
  void run(Runnable task) {
    CountDownLatch settled = new CountDownLatch(1);
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .unstarted(
                () -> {
                  SETTLED.set(settled);
                  try {
                    task.run();
                  } finally {
                    settled.countDown();
                  }
                });
    hanging.add(thread);
    thread.start();
    await(settled);
  }

  /** The call that hangs. */
  void hang() {
    CountDownLatch settled = SETTLED.get();
    if (settled != null && release.getCount() > 0) {
      settled.countDown();
      await(release);
    }
  }

  /** All calls return now; what they were part of ends before this returns. */
  void release() {
    release.countDown();
    for (Thread thread : hanging) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
