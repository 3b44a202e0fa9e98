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
   * Numbers must not be given out a second time, not even after all nodes have stopped. So they are
   * reserved in the registry, far ahead and in the background. A number beyond what is reserved
   * must not be used yet: who wants it waits, and is woken when the limit is raised. The registry
   * is never called on the thread that wants a number, which may have blocks pinned.
   */
  private final AtomicLong scn = new AtomicLong();
  private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
  private volatile long limit = Long.MAX_VALUE;
  private volatile Runnable reservation = () -> {};

  /** Starts at 0, without a limit. */
  public LamportClock() {}

  /**
   * Lets no number beyond a limit be used any more, 0 at first.
   *
   * @param reserve is called when a number beyond it is wanted, on any thread, also repeatedly; has
   *     the limit raised ({@link #raise}) as soon as that can be; never blocks
   */
  public void limit(Runnable reserve) {
    reservation = reserve;
    limit = 0;
  }

  /** Numbers up to this one may be used. The limit never goes back. */
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

  /** The largest number seen or given out. */
  public long current() {
    return scn.get();
  }

  /** Gives out the next number, which may be used when it {@link #isReserved}. */
  public long tick() {
    return scn.incrementAndGet();
  }

  /** Whether a number may be used. */
  public boolean isReserved(long number) {
    return number <= limit;
  }

  /**
   * A number is wanted that is not reserved: asks for more.
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

  /** Takes in a number received from a peer. */
  public void observe(long received) {
    long seen = scn.get();
    while (received > seen && !scn.compareAndSet(seen, received)) {
      seen = scn.get();
    }
  }
}
