// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.EventLoop;
import io.weft.spi.peer.Outbox;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Holds the messages of one outbox for {@code batch-window}, or until {@code batch-max-messages}
 * wait. Thread-safe.
 */
final class BatchWindow implements Outbox.Window {
  private final EventLoop loop;
  private final long windowNs;
  private final int maxMessages;
  private final AtomicInteger waiting = new AtomicInteger();

  private BatchWindow(EventLoop loop, long windowNs, int maxMessages) {
    this.loop = loop;
    this.windowNs = windowNs;
    this.maxMessages = maxMessages;
  }

  /** The window of the settings, with its timers on {@code loop}. */
  static Outbox.Window of(TcpSettings settings, EventLoop loop) {
    long windowNs = settings.batchWindow().toNanos();
    return windowNs == 0
        ? Outbox.Window.NONE
        : new BatchWindow(loop, windowNs, settings.batchMaxMessages());
  }

  @Override
  public boolean holds(Runnable signal) {
    int company = waiting.incrementAndGet();
    try {
      if (company == 1) {
        loop.schedule(signal, windowNs, TimeUnit.NANOSECONDS);
      } else if (company == maxMessages) {
        signal.run();
      }
    } catch (RejectedExecutionException e) {
      signal.run();
    }
    return true;
  }

  @Override
  public void emptied() {
    waiting.set(0);
  }
}
