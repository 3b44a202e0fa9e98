// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.spi.runtime.NodeRuntime;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is wrong with the clocks of a machine, within the contract of {@link NodeRuntime}. A clock
 * that stands still although its contract says that it goes on is not among it. Thread-safe.
 */
final class ClockTroubles {
  private final AtomicLong wallMs;
  private final AtomicLong bootNs = new AtomicLong();

  /** Time that the machine was suspended, and nanoTime stood still. */
  private volatile long suspendedNs;

  /** A longer gap between two looks at the clock is a suspended machine; 0: none is. */
  private volatile long gapNs;

  private volatile long lookNs;

  /** Clocks that are right, but for the wall clock. */
  ClockTroubles(long wallMs) {
    this.wallMs = new AtomicLong(wallMs);
  }

  /** Sets the wall clock forwards or back. */
  void stepWall(long byMs) {
    wallMs.addAndGet(byMs);
  }

  /** Sets the clock that goes on in a suspended machine forwards. */
  void leapBoot(long byMs) {
    if (byMs < 0) {
      throw new IllegalArgumentException("the boot clock never goes back: " + byMs + " ms");
    }
    bootNs.addAndGet(byMs * 1_000_000);
  }

  /** The next gap of more than half of this is a suspended machine. */
  synchronized void expectSuspension(long lengthMs) {
    lookNs = 0;
    gapNs = lengthMs * 500_000;
  }

  /** What nanoTime shows; never runs ahead, never goes back. */
  long nanoTime(NodeRuntime real) {
    return gapNs == 0 ? real.nanoTime() - suspendedNs : watched(real);
  }

  private synchronized long watched(NodeRuntime real) {
    long now = real.nanoTime();
    if (gapNs > 0 && lookNs != 0 && now - lookNs > gapNs) {
      suspendedNs += now - lookNs;
      gapNs = 0;
    }
    lookNs = now;
    return now - suspendedNs;
  }

  /** What bootTime shows. */
  long bootTime(NodeRuntime real) {
    return real.bootTime() + bootNs.get();
  }

  /** What the wall clock shows. */
  long wallMillis(NodeRuntime real) {
    return real.wallMillis() + wallMs.get();
  }
}
