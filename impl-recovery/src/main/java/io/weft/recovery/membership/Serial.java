// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.runtime.NodeRuntime;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Runs events one at a time, in the order of arrival, on the threads that bring them, but none for
 * long ({@link DrainLoop}). Membership has a few events a second, or a few thousand for a moment;
 * they are bounded by what peers send.
 */
final class Serial {
  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final DrainLoop loop;

  /** Makes an idle one that tells {@code onFailure} of what an event throws. */
  Serial(NodeRuntime runtime, Consumer<Throwable> onFailure) {
    this.loop =
        new DrainLoop(
            this::runNext, DrainLoop.MAX_PIECES, runtime.workers(), runtime::nanoTime, onFailure);
  }

  /** Runs {@code event} after those before it, perhaps before this returns. Any thread. */
  void execute(Runnable event) {
    add(event);
    loop.signal();
  }

  /** As {@link #execute}, for the thread that keeps the time: runs no event but this one there. */
  void executeBriefly(Runnable event) {
    add(event);
    loop.signalBriefly();
  }

  private void add(Runnable event) {
    try {
      queue.add(event);
    } catch (Throwable t) { // what was to happen will not: the node cannot go on
      loop.fail(t);
      throw t;
    }
  }

  private int runNext(int signals) {
    Runnable event = queue.poll();
    if (event != null) {
      event.run();
    }
    return 1;
  }
}
