// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * The node's system change number: a Lamport clock (Lamport, "Time, Clocks, and the Ordering of
 * Events in a Distributed System", CACM 1978). Thread-safe.
 */
public final class LamportClock {
  /*
   * Numbers must not be given out a second time, not even after all nodes have stopped. So they are
   * reserved in the registry, far ahead and in the background; a number beyond what is reserved
   * waits for a reservation on the thread that wants it.
   */
  private final AtomicLong scn = new AtomicLong();
  private volatile long limit = Long.MAX_VALUE;
  private volatile LongConsumer reservation = _ -> {};

  /** Starts at 0, without a limit. */
  public LamportClock() {}

  /**
   * Gives out no number beyond a limit any more, 0 at first.
   *
   * @param reserve is called with a number, on the thread that wants it; raises the limit ({@link
   *     #raise}) or throws
   */
  public void limit(LongConsumer reserve) {
    reservation = reserve;
    limit = 0;
  }

  /** Numbers up to this one may be given out. The limit never goes back. */
  public synchronized void raise(long reserved) {
    limit = Math.max(limit, reserved);
  }

  /** Up to which number this node may give them out. */
  public long limit() {
    return limit;
  }

  /** The largest number seen or given out. */
  public long current() {
    return scn.get();
  }

  /** Gives out the next number; throws what its reservation throws, if it needs one. */
  public long tick() {
    long next = scn.incrementAndGet();
    if (next > limit) {
      reservation.accept(next);
    }
    return next;
  }

  /** Takes in a number received from a peer. */
  public void observe(long received) {
    long seen = scn.get();
    while (received > seen && !scn.compareAndSet(seen, received)) {
      seen = scn.get();
    }
  }
}
