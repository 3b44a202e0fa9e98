// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;

/**
 * Polls for a limited time after the last event before it lets the event loop sleep, so that a
 * quick answer needs no wake-up. One for each event loop, used by its thread.
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
    if (slept || hasTasks || ready > 0) { // the end of a sleep counts as an event
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
