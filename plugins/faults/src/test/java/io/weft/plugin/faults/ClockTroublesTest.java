// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ClockTroublesTest {
  private static final long MS = 1_000_000;

  private final RealClocks real = new RealClocks();

  /** Clocks that a test moves. */
  private static final class RealClocks implements NodeRuntime {
    private long ns = 5 * MS;

    @Override
    public long nanoTime() {
      return ns;
    }

    @Override
    public long bootTime() {
      return ns + 17;
    }

    @Override
    public long wallMillis() {
      return 1_000_000 + ns / MS;
    }

    @Override
    public Cancellable schedule(long delayNs, Runnable task) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Executor blocking() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Executor workers() {
      throw new UnsupportedOperationException();
    }

    @Override
    public RandomGenerator random() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Waiter newWaiter() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  @Test
  @Tag("MF-2")
  void theWallClockStepsInBothDirectionsAndNothingElseDoes() {
    ClockTroubles clocks = new ClockTroubles(-3);
    clocks.stepWall(10_000);
    clocks.stepWall(-20_000);

    assertEquals(real.wallMillis() - 10_003, clocks.wallMillis(real));
    assertEquals(real.nanoTime(), clocks.nanoTime(real));
    assertEquals(real.bootTime(), clocks.bootTime(real));
  }

  @Test
  @Tag("MF-2")
  void theBootClockLeapsForwardsOnly() {
    ClockTroubles clocks = new ClockTroubles(0);
    clocks.leapBoot(2_000);

    assertEquals(real.bootTime() + 2_000 * MS, clocks.bootTime(real));
    assertEquals(real.nanoTime(), clocks.nanoTime(real));
    assertThrows(IllegalArgumentException.class, () -> clocks.leapBoot(-1));
  }

  @Test
  @Tag("MF-2")
  void nanoTimeStandsStillWhileTheMachineIsSuspendedAndBootTimeGoesOn() {
    ClockTroubles clocks = new ClockTroubles(0);
    clocks.expectSuspension(1_000);
    long nano = clocks.nanoTime(real);
    long boot = clocks.bootTime(real);
    real.ns += 100 * MS;
    assertEquals(nano + 100 * MS, clocks.nanoTime(real), "no suspension yet");
    real.ns += 1_100 * MS;

    assertEquals(nano + 100 * MS, clocks.nanoTime(real));
    assertEquals(boot + 1_200 * MS, clocks.bootTime(real));
    real.ns += 2_000 * MS;
    assertEquals(nano + 2_100 * MS, clocks.nanoTime(real), "only once");
  }
}
