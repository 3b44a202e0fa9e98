// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.plugin.workload.shared.Clock;
import org.junit.jupiter.api.Test;

class PacerTest {
  /** Time passes only by waiting, and waits end early, as real ones may. */
  private static final class FakeClock implements Clock {
    private long nowNs = -12_345;
    private long waits;

    @Override
    public long nanoTime() {
      return nowNs;
    }

    @Override
    public void park(long nanos) {
      waits++;
      nowNs += Math.max(1, nanos * 2 / 3);
    }
  }

  private final FakeClock clock = new FakeClock();

  @Test
  void waitsUntilTheRecordedTime() {
    assertEquals(1_000_000_000, waitedNs(1, 1_000_000));
  }

  @Test
  void passesRecordedTimeFasterAtHigherSpeed() {
    assertEquals(10_000_000, waitedNs(100, 1_000_000));
    assertEquals(2_000_000_000, waitedNs(0.5, 1_000_000));
  }

  @Test
  void neverWaitsAtFullSpeed() {
    assertEquals(0, waitedNs(Pacer.MAX_SPEED, 1_000_000));
    assertEquals(0, clock.waits);
  }

  @Test
  void doesNotWaitForWhatIsOverdue() {
    Pacer pacer = new Pacer(clock, 1);
    pacer.start();
    clock.nowNs += 5_000_000;
    pacer.await(5000, () -> false);
    assertEquals(0, clock.waits);
  }

  @Test
  void stopsWaitingWhenTheRunIsGivenUp() {
    Pacer pacer = new Pacer(clock, 1);
    pacer.start();
    pacer.await(Long.MAX_VALUE / 10_000, () -> clock.waits == 3);
    assertEquals(3, clock.waits);
  }

  @Test
  void readsSpeeds() {
    assertEquals(Pacer.MAX_SPEED, Pacer.parse("max"));
    assertEquals(2.5, Pacer.parse("2.5"));
    for (String wrong : new String[] {"0", "-1", "NaN", "Infinity", "fast", ""}) {
      assertThrows(IllegalArgumentException.class, () -> Pacer.parse(wrong), wrong);
    }
  }

  private long waitedNs(double speed, long micros) {
    Pacer pacer = new Pacer(clock, speed);
    pacer.start();
    long before = clock.nowNs;
    pacer.await(micros, () -> false);
    return clock.nowNs - before;
  }
}
