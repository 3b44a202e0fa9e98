// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

/**
 * Lets one thread wait for one event at a time. Reusable: call {@link #reset}, pass the waiter to
 * the thread that will signal, then call {@link #await}.
 */
public interface Waiter {
  /** Clears an earlier signal. Called by the waiting thread before each use. */
  void reset();

  /** Wakes the waiting thread, or lets its next wait return at once. Any thread; never blocks. */
  void signal();

  /**
   * Waits for the signal: spins for the configured time, then parks the thread.
   *
   * @param timeoutNs longest wait in nanoseconds
   * @return whether the signal came
   * @throws InterruptedException if the thread is interrupted
   */
  boolean await(long timeoutNs) throws InterruptedException;
}
