// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import java.util.concurrent.Executor;

/**
 * The thread that owns a peer, its session and its connections. It runs tasks one after another, in
 * the order of their submission, and reports their exceptions.
 */
public interface PeerLoop extends Executor {
  /** A receiver of work during a batch of arrivals that does it at the end of the batch. */
  interface Batched {
    /** The batch has ended. The loop's thread. */
    void endOfBatch();
  }

  /** A receiver of messages that are not acknowledged yet. */
  interface Unacknowledged {
    /**
     * Sends the acknowledgement if it has been due since {@code thenNs} or longer. The loop's
     * thread.
     *
     * @return whether no acknowledgement is due any more
     */
    boolean acknowledgeIfDueSince(long thenNs);
  }

  /** A task that runs later, unless it is cancelled. */
  @FunctionalInterface
  interface Timer {
    /** The task does not run any more. The loop's thread. */
    void cancel();
  }

  /**
   * Runs a task soon. Any thread.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the loop has ended
   */
  @Override
  void execute(Runnable task);

  /** Runs a task after a delay in milliseconds. The loop's thread. */
  Timer schedule(Runnable task, long delayMs);

  /** Runs tasks on the loop that report their exceptions themselves. Any thread. */
  Executor unguarded();

  /** Whether this is the loop's thread. */
  boolean isCurrent();

  /** Whether the loop has ended, so that it runs no task any more. Any thread. */
  boolean isEnded();

  /**
   * Registers work for the end of the batch; false if no batch is being handled. The loop's thread.
   */
  boolean flushLater(Batched work);

  /**
   * Registers an acknowledgement that leaves with a later batch, or soon if none follows. The
   * loop's thread.
   */
  void acknowledgeLater(Unacknowledged receiver);

  /** Monotonic time in nanoseconds. Any thread. */
  long nanoTime();
}
