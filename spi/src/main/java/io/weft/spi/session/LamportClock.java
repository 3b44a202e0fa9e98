// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The node's system change number: a Lamport clock (Lamport, "Time, Clocks, and the Ordering of
 * Events in a Distributed System", CACM 1978). Thread-safe.
 */
public final class LamportClock {
  /*
   * No number may be issued twice, not even after all nodes have stopped. So numbers are reserved
   * in the registry, far ahead and in the background. A number above the reserved limit must not be
   * used yet. Its caller waits, and is woken when the limit is raised. The registry is never called
   * on the thread that needs a number, because that thread may have blocks pinned.
   */
  private final AtomicLong scn = new AtomicLong();
  private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
  private volatile long limit = Long.MAX_VALUE;
  private volatile Runnable reservation = () -> {};

  /** Creates a clock at 0, without a limit. */
  public LamportClock() {}

  /**
   * Sets a limit, 0 at first. No number above it may be used.
   *
   * @param reserve is called when a number above the limit is needed, on any thread, also
   *     repeatedly; it must have the limit raised ({@link #raise}) as soon as possible, and must
   *     never block
   */
  public void limit(Runnable reserve) {
    reservation = reserve;
    limit = 0;
  }

  /** Raises the limit: numbers up to {@code reserved} may be used. The limit never decreases. */
  public void raise(long reserved) {
    synchronized (this) {
      limit = Math.max(limit, reserved);
    }
    waiting.forEach(Runnable::run);
  }

  /** The largest number that this node may use. */
  public long limit() {
    return limit;
  }

  /** The largest number observed or issued. */
  public long current() {
    return scn.get();
  }

  /** Issues the next number. It may be used once {@link #isReserved} is true for it. */
  public long tick() {
    return scn.incrementAndGet();
  }

  /** Whether {@code number} may be used: it does not exceed the limit. */
  public boolean isReserved(long number) {
    return number <= limit;
  }

  /**
   * Requests a higher limit, because a number that is not reserved is needed.
   *
   * @param wake runs each time the limit has been raised, until {@link #forget}; never blocks
   */
  public void awaitReservation(Runnable wake) {
    waiting.add(wake);
    reservation.run();
  }

  /** Ends {@link #awaitReservation}. */
  public void forget(Runnable wake) {
    waiting.remove(wake);
  }

  /** Advances the clock to a number received from a peer, if that is larger. */
  public void observe(long received) {
    long seen = scn.get();
    while (received > seen && !scn.compareAndSet(seen, received)) {
      seen = scn.get();
    }
  }
}
