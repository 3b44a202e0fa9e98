// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;

/**
 * Polls for a while after the last event before it lets the event loop sleep, so that an answer
 * which comes soon does not pay for a wake-up. One for each event loop, used by its thread.
 */
final class SpinSelectStrategy implements SelectStrategy {
  private final long spinNs;
  private long lastActivity;
  private boolean slept = true;

  SpinSelectStrategy(long spinNs) {
    this.spinNs = spinNs;
  }

  @Override
  public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
    int ready = selectNow.get();
    long now = System.nanoTime();
    if (slept || hasTasks || ready > 0) { // what ended a sleep was an event, too
      slept = false;
      lastActivity = now;
      return ready;
    }
    if (now - lastActivity < spinNs) {
      Thread.onSpinWait();
      return ready;
    }
    slept = true;
    return SELECT;
  }
}
