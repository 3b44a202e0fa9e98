// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An event loop, and what is left to do when the present read batch has been handled. Owned by the
 * loop's thread.
 *
 * <p>Messages that handlers send leave together, in one write for each peer. Acknowledgements that
 * found no message to ride on leave with a later batch: a short timer for each would make the
 * kernel set its clock at every sleep of the loop, which costs more than the acknowledgement. One
 * long timer sees to it that they leave when nothing else happens.
 *
 * <p>Tasks of ours on the loop go through here, because the loop itself would only log what they
 * throw.
 */
final class IoLoop {
  /** What gets work while a read batch is handled, and does it when the batch is over. */
  interface Batched {
    /** The read batch is over. The loop's thread. */
    void endOfBatch();
  }

  /** What owes its peer an acknowledgement. */
  interface Owing {
    /**
     * Sends what is owed since {@code thenNs} or longer. The loop's thread.
     *
     * @return whether nothing is left to wait for
     */
    boolean acknowledgeIfOwedSince(long thenNs);
  }

  /** Longest wait of an acknowledgement if no batch comes. */
  private static final long IDLE_ACKNOWLEDGE_MS = 20;

  private final EventLoop loop;
  private final long acknowledgeDelayNs;
  private final Consumer<Throwable> onThrown;
  private final List<Batched> touched = new ArrayList<>();
  private final List<Owing> owing = new ArrayList<>();
  private boolean inBatch;
  private boolean idleTimer;

  /** Makes the loop's state; {@code onThrown} hears of what tasks throw. */
  IoLoop(EventLoop loop, TcpSettings settings, Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.onThrown = onThrown;
    this.acknowledgeDelayNs = settings.acknowledgeDelay().toNanos();
  }

  EventLoop eventLoop() {
    return loop;
  }

  /**
   * Runs a task soon. Any thread.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the loop has ended
   */
  void execute(Runnable task) {
    loop.execute(() -> guarded(task));
  }

  /** Runs a task later. Any thread. */
  Future<?> schedule(Runnable task, long delayMs) {
    return loop.schedule(() -> guarded(task), delayMs, TimeUnit.MILLISECONDS);
  }

  /** A listener of a future of this loop; Netty itself would only log what it throws. */
  ChannelFutureListener listener(Consumer<ChannelFuture> action) {
    return future -> guarded(() -> action.accept(future));
  }

  /** Runs something on the loop's thread now; what it throws is not lost. */
  void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      onThrown(t);
    }
  }

  /** Hears of what was thrown where nobody else would. */
  void onThrown(Throwable thrown) {
    onThrown.accept(thrown);
  }

  boolean isCurrent() {
    return loop.inEventLoop();
  }

  void beginBatch() {
    inBatch = true;
  }

  /** Flushes every outbox that got work during the batch, and what has been owed for long. */
  void endBatch() {
    inBatch = false;
    for (Batched outbox : touched) {
      outbox.endOfBatch();
    }
    touched.clear();
    if (!owing.isEmpty()) {
      long now = System.nanoTime();
      owing.removeIf(connection -> connection.acknowledgeIfOwedSince(now - acknowledgeDelayNs));
    }
  }

  /** Remembers to flush an outbox; false if no batch is being handled, so nobody would. */
  boolean flushLater(Batched outbox) {
    if (inBatch) {
      touched.add(outbox);
    }
    return inBatch;
  }

  /** Remembers that a connection owes an acknowledgement. */
  void acknowledgeLater(Owing connection) {
    owing.add(connection);
    if (!idleTimer) {
      idleTimer = true;
      schedule(this::acknowledgeAll, IDLE_ACKNOWLEDGE_MS);
    }
  }

  private void acknowledgeAll() {
    idleTimer = false;
    long now = System.nanoTime();
    owing.removeIf(connection -> connection.acknowledgeIfOwedSince(now));
  }
}
