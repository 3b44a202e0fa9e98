// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The node's system change number: a Lamport clock (Lamport, "Time, Clocks, and the Ordering of
 * Events in a Distributed System", CACM 1978). Thread-safe.
 *
 * <p>Commits read the clock, and do not advance it. Only a number from elsewhere does: that of a
 * message, of the redo of a failed node, or of the registry. After that the clock is above the
 * number. So a commit has a larger number than all that its node had heard of, and commits of one
 * node that nothing separates share a number. If each commit advanced the clock, threads that
 * change different blocks would compete for it.
 */
public final class LamportClock {
  /*
   * No number may be used again after all nodes have stopped. So numbers are reserved
   * in the registry, far ahead and in the background. A number above the reserved limit must not be
   * used yet. Its caller waits, and is woken when the limit is raised. The registry is never called
   * on the thread that needs a number, because that thread may have blocks pinned.
   */
  private final AtomicLong scn = new AtomicLong(1); // 0 stands for no commit
  private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
  private volatile long limit = Long.MAX_VALUE;
  private volatile Runnable reservation = () -> {};

  /** Creates a clock at 1, without a limit. */
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

  /**
   * The number of a commit that is made now, larger than all observed ones. It may be used once
   * {@link #isReserved} is true for it. No earlier commit of this node has a larger one, so it is
   * what messages carry.
   */
  public long current() {
    return scn.get();
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

  /** Advances the clock above a number received from a peer, if it is not above it already. */
  public void observe(long received) {
    long seen = scn.get();
    while (received >= seen && !scn.compareAndSet(seen, received + 1)) {
      seen = scn.get();
    }
  }
}
