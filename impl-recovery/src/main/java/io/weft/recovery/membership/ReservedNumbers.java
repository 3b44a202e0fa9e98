// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.session.LamportClock;

/**
 * Sees to it that system change numbers grow for ever: the clock gives out only numbers that are
 * reserved in the registry, and begins above all that any node has reserved before. Thread-safe.
 */
final class ReservedNumbers {
  /*
   * A clock that began at 0 would give out the numbers of former commits again whenever no redo log
   * is left to learn them from, that is, after all nodes have stopped as planned. So a node takes
   * the largest number that any node has reserved, and reserves a stride above it, before it asks
   * to be taken in, and once more before it proposes a view to which no member of the former one
   * belongs: the others of that view hear its clock with the record. When half of a stride is used
   * up the next one is reserved, in the background; at a million commits a second that is every
   * eight seconds. A clock that is carried beyond its reservation by that of a node which has just
   * come reserves as soon as membership hears of it, or a caller wants a number, whichever is
   * earlier. A caller that wants a number never calls the registry itself: it waits, if at all,
   * where it can be interrupted and its time can run out.
   */

  /** Numbers that are reserved at a time, unless a checker wants it otherwise. */
  static final long STRIDE = 1L << 24;

  private final ClusterRegistry registry;
  private final LamportClock clock;
  private volatile long stride = STRIDE;
  private volatile boolean begun;

  /**
   * Lets no number be used until {@link #begin}.
   *
   * @param wanted is told when a caller wants a number that is not reserved; does not block
   */
  ReservedNumbers(ClusterRegistry registry, LamportClock clock, Runnable wanted) {
    this.registry = registry;
    this.clock = clock;
    clock.limit(wanted);
  }

  /** Reserves fewer or more at a time from here on, so that short runs use a reservation up. */
  void strides(long numbers) {
    stride = numbers;
  }

  /**
   * Carries the clock above all numbers of former incarnations. Blocks.
   *
   * @throws io.weft.api.WeftException if the registry fails; it may be called again
   */
  void begin() {
    clock.observe(registry.reservedScn());
    reserve(clock.current());
    begun = true;
  }

  /** Whether it is time to reserve more. */
  boolean areScarce() {
    return begun && clock.current() > clock.limit() - stride / 2;
  }

  /** Reserves a stride more than what is needed. Blocks. */
  synchronized void reserve(long needed) {
    if (clock.limit() - stride / 2 < needed) {
      long upTo = Math.max(needed, clock.current()) + stride;
      registry.reserveScn(upTo);
      clock.raise(upTo);
    }
  }
}
