// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.spi.runtime.NodeRuntime;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Injected clock faults of a machine, within the contract of {@link NodeRuntime}. A clock that
 * stops although its contract says that it continues is not included. Thread-safe.
 */
final class ClockTroubles {
  private final AtomicLong wallMs;
  private final AtomicLong bootNs = new AtomicLong();

  /** Total time in nanoseconds for which the machine was suspended and nanoTime did not advance. */
  private volatile long suspendedNs;

  /** A longer gap between two readings of the clock counts as a suspension; 0: no gap does. */
  private volatile long gapNs;

  private volatile long lookNs;

  /** Creates correct clocks, except for an offset of the wall clock. */
  ClockTroubles(long wallMs) {
    this.wallMs = new AtomicLong(wallMs);
  }

  /** Sets the wall clock forwards or back. */
  void stepWall(long byMs) {
    wallMs.addAndGet(byMs);
  }

  /** Sets the boot clock forwards. */
  void leapBoot(long byMs) {
    if (byMs < 0) {
      throw new IllegalArgumentException("the boot clock never goes back: " + byMs + " ms");
    }
    bootNs.addAndGet(byMs * 1_000_000);
  }

  /** The next gap of more than half of this length counts as a suspension. */
  synchronized void expectSuspension(long lengthMs) {
    lookNs = 0;
    gapNs = lengthMs * 500_000;
  }

  /** The time of nanoTime; never runs ahead and never goes back. */
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

  /** The time of bootTime. */
  long bootTime(NodeRuntime real) {
    return real.bootTime() + bootNs.get();
  }

  /** The time of the wall clock. */
  long wallMillis(NodeRuntime real) {
    return real.wallMillis() + wallMs.get();
  }
}
