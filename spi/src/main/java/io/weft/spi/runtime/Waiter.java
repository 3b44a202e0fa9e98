// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

/**
 * Where one thread waits for one event at a time. Reusable: {@link #reset}, then hand it to whoever
 * signals, then {@link #await}.
 */
public interface Waiter {
  /** Forgets an earlier signal. Called by the waiting thread before each use. */
  void reset();

  /** Wakes the waiting thread, or lets its next wait return at once. Any thread; never blocks. */
  void signal();

  /**
   * Waits for the signal: first spinning within the configured budget, then parked.
   *
   * @param timeoutNs longest wait in nanoseconds
   * @return whether the signal came
   * @throws InterruptedException if the thread is interrupted
   */
  boolean await(long timeoutNs) throws InterruptedException;
}
