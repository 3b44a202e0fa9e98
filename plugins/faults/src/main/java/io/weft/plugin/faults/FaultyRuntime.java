// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** A runtime whose clocks may be faulty; all other calls go to the real one. */
final class FaultyRuntime implements NodeRuntime {
  private final NodeRuntime real;
  private final ClockTroubles clocks;

  FaultyRuntime(NodeRuntime real, ClockTroubles clocks) {
    this.real = real;
    this.clocks = clocks;
  }

  @Override
  public long nanoTime() {
    return clocks.nanoTime(real);
  }

  @Override
  public long bootTime() {
    return clocks.bootTime(real);
  }

  @Override
  public long wallMillis() {
    return clocks.wallMillis(real);
  }

  @Override
  public Cancellable schedule(long delayNs, Runnable task) {
    return real.schedule(delayNs, task);
  }

  @Override
  public Executor blocking() {
    return real.blocking();
  }

  @Override
  public Executor workers() {
    return real.workers();
  }

  @Override
  public RandomGenerator random() {
    return real.random();
  }

  @Override
  public Waiter newWaiter() {
    return real.newWaiter();
  }

  @Override
  public void close() {
    real.close();
  }
}
