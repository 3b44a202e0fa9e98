// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * A node's runtime in virtual time: timers and blocking tasks are events. Nobody can wait, since
 * there is only one thread; a caller that would have to wait can only find its time up.
 */
public final class SimRuntime implements NodeRuntime {
  /** An arbitrary, fixed wall clock at time 0. */
  private static final long START_MILLIS = 1_700_000_000_000L;

  private final Simulation simulation;
  private final int node;
  private final Delay taskDelay;
  private final SplittableRandom random;
  private boolean closed;
  private boolean givesUp;

  /** Makes the runtime of {@code node}; blocking tasks start after {@code taskDelay}. */
  public SimRuntime(Simulation simulation, int node, Delay taskDelay) {
    this.simulation = simulation;
    this.node = node;
    this.taskDelay = taskDelay;
    this.random = simulation.random().split();
  }

  @Override
  public long nanoTime() {
    return simulation.now();
  }

  @Override
  public long wallMillis() {
    return START_MILLIS + simulation.now() / 1_000_000;
  }

  @Override
  public Cancellable schedule(long delayNs, Runnable task) {
    Event event = simulation.schedule(Math.max(1, delayNs), node, () -> run(task));
    return () -> event.cancelled = true;
  }

  @Override
  public Executor blocking() {
    return task -> simulation.schedule(taskDelay, node, () -> run(task));
  }

  private void run(Runnable task) {
    if (closed) {
      return;
    }
    simulation.record(Trace.What.TASK, node, 0, 0);
    try {
      task.run();
    } catch (RuntimeException e) {
      simulation.violate(new Violation(Invariant.NODE_RUNS, "task of n" + node + " threw " + e, e));
    }
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public Waiter newWaiter() {
    return new NobodyWaits();
  }

  @Override
  public void close() {
    closed = true;
  }

  /** Runs a call whose waiting ends at once, as if its time were up. */
  static <T> T givingUp(SimRuntime runtime, Supplier<T> call) {
    runtime.givesUp = true;
    try {
      return call.get();
    } finally {
      runtime.givesUp = false;
    }
  }

  private final class NobodyWaits implements Waiter {
    private boolean signalled;

    @Override
    public void reset() {
      signalled = false;
    }

    @Override
    public void signal() {
      signalled = true;
    }

    @Override
    public boolean await(long timeoutNs) {
      if (!givesUp && !signalled) {
        simulation.violate(
            Invariant.CONTRACT, "somebody waits at n" + node + " in a simulation of one thread");
      }
      return signalled;
    }
  }
}
