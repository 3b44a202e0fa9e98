// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.weft.spi.peer.PeerLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An event loop, and the work to be done at the end of the current read batch. Owned by the loop's
 * thread.
 *
 * <p>Messages sent by handlers leave together, in one write for each peer. Acknowledgements that no
 * message carries leave with a later batch: a short timer for each would make the kernel program
 * its clock at every sleep of the loop, which costs more than the acknowledgement. One long timer
 * sends them if no batch follows.
 *
 * <p>All tasks on the loop are submitted here, because the loop itself would only log their
 * exceptions.
 */
final class IoLoop implements PeerLoop {
  /** A connection with received messages that are not acknowledged yet. */
  interface Unacknowledged {
    /**
     * Sends the acknowledgement if it has been due since {@code thenNs} or longer. The loop's
     * thread.
     *
     * @return whether no acknowledgement is due any more
     */
    boolean acknowledgeIfDueSince(long thenNs);
  }

  /** Longest wait of an acknowledgement if no batch follows: 20 ms. */
  private static final long IDLE_ACKNOWLEDGE_MS = 20;

  private final EventLoop loop;
  private final long acknowledgeDelayNs;
  private final Consumer<Throwable> onThrown;
  private final List<Batched> touched = new ArrayList<>();
  private final List<Unacknowledged> unacknowledged = new ArrayList<>();
  private boolean inBatch;
  private boolean idleTimer;

  /** Creates the loop's state; {@code onThrown} receives exceptions of tasks. */
  IoLoop(EventLoop loop, TcpSettings settings, Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.onThrown = onThrown;
    this.acknowledgeDelayNs = settings.acknowledgeDelay().toNanos();
  }

  EventLoop eventLoop() {
    return loop;
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(() -> guarded(task));
  }

  @Override
  public Timer schedule(Runnable task, long delayMs) {
    Future<?> timer = loop.schedule(() -> guarded(task), delayMs, TimeUnit.MILLISECONDS);
    return () -> timer.cancel(false);
  }

  @Override
  public Executor unguarded() {
    return loop;
  }

  @Override
  public boolean isEnded() {
    return loop.isShutdown();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /**
   * A listener of a future of this loop whose exceptions are reported; Netty itself would only log
   * them.
   */
  ChannelFutureListener listener(Consumer<ChannelFuture> action) {
    return future -> guarded(() -> action.accept(future));
  }

  /** Runs a task on the loop's thread now and reports its exceptions. */
  void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      onThrown(t);
    }
  }

  /** Reports an exception. */
  void onThrown(Throwable thrown) {
    onThrown.accept(thrown);
  }

  @Override
  public boolean isCurrent() {
    return loop.inEventLoop();
  }

  void beginBatch() {
    inBatch = true;
  }

  /**
   * Flushes every outbox that got work during the batch, and sends acknowledgements that are due.
   */
  void endBatch() {
    inBatch = false;
    for (Batched outbox : touched) {
      outbox.endOfBatch();
    }
    touched.clear();
    if (!unacknowledged.isEmpty()) {
      long now = System.nanoTime();
      unacknowledged.removeIf(
          connection -> connection.acknowledgeIfDueSince(now - acknowledgeDelayNs));
    }
  }

  @Override
  public boolean flushLater(Batched outbox) {
    if (inBatch) {
      touched.add(outbox);
    }
    return inBatch;
  }

  /** Registers a connection with an acknowledgement to send. */
  void acknowledgeLater(Unacknowledged connection) {
    unacknowledged.add(connection);
    if (!idleTimer) {
      idleTimer = true;
      schedule(this::acknowledgeAll, IDLE_ACKNOWLEDGE_MS);
    }
  }

  private void acknowledgeAll() {
    idleTimer = false;
    long now = System.nanoTime();
    unacknowledged.removeIf(connection -> connection.acknowledgeIfDueSince(now));
  }
}
