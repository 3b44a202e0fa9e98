// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.session.LamportClock;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * Reserves system change numbers in the background, ahead of their use, one reservation at a time.
 * Owned by the serial executor, except {@link #begin}; the registry is asked on its blocking lane.
 */
final class NumberSupply {
  private final ReservedNumbers numbers;
  private final LamportClock clock;
  private final Executor lane;
  private final AgreementLoop loop;
  private final MembershipLog log;
  private boolean reserving;

  /**
   * Reserves nothing before {@link #begin}.
   *
   * @param lane runs the calls of the registry
   */
  NumberSupply(
      ClusterRegistry registry,
      LamportClock clock,
      Executor lane,
      AgreementLoop loop,
      MembershipLog log) {
    this.clock = clock;
    this.lane = lane;
    this.loop = loop;
    this.log = log;
    this.numbers = new ReservedNumbers(registry, clock, () -> loop.execute((_, _) -> refill()));
  }

  /** Reserves so many numbers at a time from here on; before {@link #begin}. */
  void strides(long count) {
    numbers.strides(count);
  }

  /**
   * Carries the clock above all numbers that any node has reserved. Blocks; any thread.
   *
   * @throws WeftException if the registry fails; it may be called again
   */
  void begin() {
    numbers.begin();
  }

  /** Reserves more if it is time to; returns at once. */
  void refill() {
    if (reserving || !numbers.areScarce()) {
      return;
    }
    reserving = true;
    lane.execute(
        () -> {
          boolean reserved = false;
          try {
            numbers.reserve(clock.current());
            reserved = true;
          } catch (WeftException e) {
            // A node that cannot write to its registry for long loses its lease.
            log.write(Level.DEBUG, () -> "cannot reserve numbers: " + e);
          } finally {
            boolean lookAgain = reserved; // after a failure, the next heartbeat does
            loop.execute((_, _) -> onReserved(lookAgain));
          }
        });
  }

  /** A request that came meanwhile found a reservation under way: it is looked at now. */
  private void onReserved(boolean lookAgain) {
    reserving = false;
    if (lookAgain) {
      refill();
    }
  }
}
