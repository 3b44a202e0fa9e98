// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs steps of a stop that may hang: each runs on a thread of its own, and stays there if it
 * hangs.
 */
final class Bounded {
  private Bounded() {}

  /** A step. */
  interface Step {
    void run() throws Exception;
  }

  /**
   * Runs a step and waits for it; keeps an interrupt for the caller.
   *
   * @throws TimeoutException if it takes longer than {@code limit}; the step continues
   * @throws Exception the exception of the step
   */
  static void run(String thread, Duration limit, Step step) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .name(thread)
        .daemon()
        .start(
            () -> {
              try {
                step.run();
                done.complete(null);
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            });
    await(done, limit);
  }

  private static void await(CompletableFuture<Void> done, Duration limit) throws Exception {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          // The limit starts again after an interrupt: that is rare, and the limit need not be
          // exact.
          done.get(limit.toNanos(), TimeUnit.NANOSECONDS);
          return;
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception known ? known : e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
