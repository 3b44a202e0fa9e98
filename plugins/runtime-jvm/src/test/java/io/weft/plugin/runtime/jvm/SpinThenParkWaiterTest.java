// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The waiting place, with and without spinning. */
final class SpinThenParkWaiterTest {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

  @ParameterizedTest
  @ValueSource(longs = {0, 20_000, 1_000_000})
  void aSignalBeforeTheWaitIsNotLost(long spinNs) throws InterruptedException {
    var waiter = new SpinThenParkWaiter(spinNs);
    waiter.reset();
    waiter.signal();
    assertTrue(waiter.await(PATIENCE_NS));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20_000, 1_000_000})
  void handsControlBackAndForthBetweenTwoThreads(long spinNs) throws InterruptedException {
    int rounds = 300;
    var ping = new SpinThenParkWaiter(spinNs);
    var pong = new SpinThenParkWaiter(spinNs);
    int[] answered = {0};
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < rounds && awaitQuietly(ping); i++) {
                    ping.reset();
                    answered[0]++;
                    pong.signal();
                  }
                });
    for (int i = 0; i < rounds; i++) {
      pong.reset();
      ping.signal();
      assertTrue(pong.await(PATIENCE_NS));
    }
    other.join();
    assertEquals(rounds, answered[0]);
  }

  /** With an hour to spin, only a thread that does not spin comes to park. */
  @Test
  @Timeout(60)
  void aVirtualThreadParksAtOnce() throws InterruptedException {
    var waiter = new SpinThenParkWaiter(TimeUnit.HOURS.toNanos(1));
    Thread waiting = Thread.ofVirtual().start(() -> assertTrue(awaitQuietly(waiter)));
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    waiter.signal();
    waiting.join();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20_000})
  void givesUpAfterItsTimeAndNotBefore(long spinNs) throws InterruptedException {
    var waiter = new SpinThenParkWaiter(spinNs);
    long start = System.nanoTime();
    assertFalse(waiter.await(100_000));
    assertTrue(System.nanoTime() - start >= 100_000);
    assertFalse(waiter.await(0));
  }

  @Test
  void resetForgetsASignal() throws InterruptedException {
    var waiter = new SpinThenParkWaiter(0);
    waiter.signal();
    waiter.reset();
    assertFalse(waiter.await(1_000));
  }

  @Test
  void aStrayPermitDoesNotEndTheWait() throws InterruptedException {
    var waiter = new SpinThenParkWaiter(0);
    LockSupport.unpark(Thread.currentThread());
    assertFalse(waiter.await(10_000));
  }

  @Test
  void anInterruptEndsTheWaitAndIsCleared() {
    var waiter = new SpinThenParkWaiter(0);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> waiter.await(PATIENCE_NS));
    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void aSignalThatCameWinsOverAnInterrupt() throws InterruptedException {
    var waiter = new SpinThenParkWaiter(0);
    waiter.signal();
    Thread.currentThread().interrupt();
    assertTrue(waiter.await(PATIENCE_NS));
    assertTrue(Thread.interrupted());
  }

  @Test
  void anInterruptWakesAParkedThread() throws InterruptedException {
    var waiter = new SpinThenParkWaiter(0);
    boolean[] interrupted = {false};
    Thread parked =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    waiter.await(Long.MAX_VALUE);
                  } catch (InterruptedException _) {
                    interrupted[0] = true;
                  }
                });
    while (parked.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    parked.interrupt();
    parked.join();
    assertTrue(interrupted[0]);
  }

  private static boolean awaitQuietly(SpinThenParkWaiter waiter) {
    try {
      return waiter.await(PATIENCE_NS);
    } catch (InterruptedException _) {
      return false;
    }
  }
}
