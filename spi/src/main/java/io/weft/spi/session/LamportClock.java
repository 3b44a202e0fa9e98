// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The node's system change number: a Lamport clock (Lamport, "Time, Clocks, and the Ordering of
 * Events in a Distributed System", CACM 1978). Thread-safe.
 */
public final class LamportClock {
  private final AtomicLong scn = new AtomicLong();

  /** Starts at 0. */
  public LamportClock() {}

  /** The largest number seen or given out. */
  public long current() {
    return scn.get();
  }

  /** Gives out the next number. */
  public long tick() {
    return scn.incrementAndGet();
  }

  /** Takes in a number received from a peer. */
  public void observe(long received) {
    long seen = scn.get();
    while (received > seen && !scn.compareAndSet(seen, received)) {
      seen = scn.get();
    }
  }
}
