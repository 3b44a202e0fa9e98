// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.weft.spi.peer.PeerLoop;
import io.weft.spi.peer.ReadBatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An event loop, and the work to be done at the end of the current read batch. Owned by the loop's
 * thread.
 *
 * <p>All tasks on the loop are submitted here, because the loop itself would only log their
 * exceptions.
 */
final class IoLoop implements PeerLoop {
  private final EventLoop loop;
  private final Consumer<Throwable> onThrown;
  private final ReadBatch batch;

  /** Creates the loop's state; {@code onThrown} receives exceptions of tasks. */
  IoLoop(EventLoop loop, TcpSettings settings, Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.onThrown = onThrown;
    this.batch = new ReadBatch(this, settings.acknowledgeDelay());
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
    batch.begin();
  }

  /** Sends what handlers have sent during the batch, and acknowledgements that are due. */
  void endBatch() {
    batch.end(true);
  }

  @Override
  public boolean flushLater(Batched work) {
    return batch.flushLater(work);
  }

  @Override
  public void acknowledgeLater(Unacknowledged receiver) {
    batch.acknowledgeLater(receiver);
  }
}
