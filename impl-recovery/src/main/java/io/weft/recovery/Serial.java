// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs events one at a time, in the order of arrival, on the threads that bring them: whoever finds
 * it idle drains it. Membership has a few events a second, or a few thousand for a moment; they are
 * bounded by what peers send.
 */
final class Serial {
  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Consumer<RuntimeException> onFailure;

  /** Makes an idle one that tells {@code onFailure} of what an event throws. */
  Serial(Consumer<RuntimeException> onFailure) {
    this.onFailure = onFailure;
  }

  /** Runs {@code event} after those before it, perhaps before this returns. Any thread. */
  void execute(Runnable event) {
    queue.add(event);
    if (waiting.getAndIncrement() == 0) {
      do {
        try {
          queue.remove().run();
        } catch (RuntimeException e) {
          onFailure.accept(e);
        }
      } while (waiting.decrementAndGet() != 0);
    }
  }
}
