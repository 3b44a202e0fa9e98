// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import io.weft.spi.runtime.Waiter;
import java.util.concurrent.locks.LockSupport;

/**
 * A waiter that spins for a limited time and then parks. One thread resets and awaits; any thread
 * signals.
 */
final class SpinThenParkWaiter implements Waiter {
  /*
   * A signal writes "signalled" and then reads "parked"; a waiter writes "parked" and then reads
   * "signalled". Both fields are volatile, so at least one of the two sees the other: either the
   * signal unparks, or the waiter does not park. A permit left by a late unpark makes one later
   * park return early, which the loop handles.
   */

  private final long spinNs;

  private volatile boolean signalled;
  private volatile Thread parked;

  SpinThenParkWaiter(long spinNs) {
    this.spinNs = spinNs;
  }

  @Override
  public void reset() {
    signalled = false;
  }

  @Override
  public void signal() {
    signalled = true;
    Thread waiting = parked;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  @Override
  public boolean await(long timeoutNs) throws InterruptedException {
    if (signalled) {
      return true;
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    long start = System.nanoTime();
    if (Thread.currentThread().isVirtual()) {
      return park(
          start,
          timeoutNs); // spinning would block the carrier thread that the signalling thread may need
    }
    return spin(start, Math.min(spinNs, timeoutNs)) || park(start, timeoutNs);
  }

  private boolean spin(long start, long budgetNs) {
    while (System.nanoTime() - start < budgetNs) {
      if (signalled) {
        return true;
      }
      Thread.onSpinWait();
    }
    return signalled;
  }

  private boolean park(long start, long timeoutNs) throws InterruptedException {
    parked = Thread.currentThread();
    try {
      while (!signalled) {
        long remainingNs = timeoutNs - (System.nanoTime() - start);
        if (remainingNs <= 0) {
          return false;
        }
        LockSupport.parkNanos(this, remainingNs);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      return true;
    } finally {
      parked = null;
    }
  }
}
