// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.WeftException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscChunkedVarHandleArrayQueue;

/**
 * Runs events one at a time, in the order of arrival, on the threads that bring them: whoever
 * enqueues into an idle executor drains it on the spot. An event never blocks, so neither does
 * {@link #execute}. Events that throw go to the failure handler.
 */
final class SerialExecutor {
  /** Events that may wait; admission keeps their number far below. */
  static final int MAX_EVENTS = 1 << 20;

  private static final int CHUNK = 1 << 10;

  /** Events after which what they caused leaves, even if more wait. */
  private static final int MAX_BURST = 32;

  private final MpscChunkedVarHandleArrayQueue<Runnable> queue =
      new MpscChunkedVarHandleArrayQueue<>(CHUNK, MAX_EVENTS);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Bursts bursts;
  private final Runnable afterEach;
  private final Consumer<Throwable> onFailure;

  /**
   * Makes an idle executor.
   *
   * @param bursts told when a number of events in a row begins and ends
   * @param afterEach runs after every event
   * @param onFailure told of what an event throws
   */
  SerialExecutor(Bursts bursts, Runnable afterEach, Consumer<Throwable> onFailure) {
    this.bursts = bursts;
    this.afterEach = afterEach;
    this.onFailure = onFailure;
  }

  /** Runs {@code event} after those before it, perhaps before this returns. Any thread. */
  void execute(Runnable event) {
    if (!queue.offer(event)) {
      onFailure.accept(
          new WeftException(
              CacheFusionErrors.SHARD_OVERFLOW, "more than " + MAX_EVENTS + " events wait"));
      return;
    }
    if (waiting.getAndIncrement() == 0) {
      drain();
    }
  }

  private void drain() {
    bursts.begin();
    int inBurst = 0;
    int seen = 1;
    do {
      for (int i = 0; i < seen; i++) {
        if (++inBurst > MAX_BURST) {
          bursts.end();
          bursts.begin();
          inBurst = 1;
        }
        run(queue.poll());
      }
      seen = waiting.addAndGet(-seen);
    } while (seen != 0);
    bursts.end();
  }

  private void run(Runnable event) {
    try {
      event.run();
      afterEach.run();
    } catch (RuntimeException | AssertionError e) {
      onFailure.accept(e);
    }
  }

  /** Where messages of several events are gathered. */
  interface Bursts {
    void begin();

    void end();
  }
}
