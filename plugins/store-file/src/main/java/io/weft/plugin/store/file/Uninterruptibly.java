// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Waits without ending at an interrupt, and restores the interrupt for the caller, so that a close
 * is completed.
 */
final class Uninterruptibly {
  private Uninterruptibly() {}

  /**
   * Waits for the end of a thread, at most {@code limitNs}; {@link Long#MAX_VALUE} means no limit.
   */
  static void join(Thread thread, long limitNs) {
    if (limitNs == Long.MAX_VALUE) {
      await((Wait) thread::join);
      return;
    }
    long begin = System.nanoTime();
    await(() -> thread.join(Duration.ofNanos(Math.max(0, limitNs - (System.nanoTime() - begin)))));
  }

  static void await(CountDownLatch latch) {
    await((Wait) latch::await);
  }

  private static void await(Wait wait) {
    boolean interrupted = false;
    while (true) {
      try {
        wait.run();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Wait {
    void run() throws InterruptedException;
  }
}
