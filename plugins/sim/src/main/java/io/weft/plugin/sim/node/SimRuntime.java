// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.WeftException;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Event;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.node.NodeFailure;
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

  private static final long WORKER_DELAY_NS = 1_000;

  private final Simulation simulation;
  private final SimProcess process;
  private final Delay taskDelay;
  private final NodeFailure failure;
  private final SplittableRandom random;
  private boolean closed;
  private boolean givesUp;

  /**
   * Makes the runtime of {@code process}; blocking tasks start after {@code taskDelay}; what they
   * throw goes to {@code failure}.
   */
  public SimRuntime(
      Simulation simulation, SimProcess process, Delay taskDelay, NodeFailure failure) {
    this.simulation = simulation;
    this.process = process;
    this.taskDelay = taskDelay;
    this.failure = failure;
    this.random = simulation.random().split();
  }

  @Override
  public long nanoTime() {
    return process.nanoTime();
  }

  @Override
  public long bootTime() {
    return process.bootTime();
  }

  @Override
  public long wallMillis() {
    return START_MILLIS + process.wallOffsetMillis() + simulation.now() / 1_000_000;
  }

  @Override
  public Cancellable schedule(long delayNs, Runnable task) {
    Event event = simulation.schedule(Math.max(1, delayNs), process, () -> run(task));
    return event::cancel;
  }

  @Override
  public Executor blocking() {
    return task -> simulation.schedule(taskDelay, process, () -> run(task));
  }

  @Override
  public Executor workers() {
    return task -> simulation.schedule(WORKER_DELAY_NS, process, () -> run(task));
  }

  private void run(Runnable task) {
    if (closed) {
      return;
    }
    simulation.record(Trace.What.TASK, process, 0, 0);
    try {
      task.run();
    } catch (WeftException e) {
      failure.stop(e);
    } catch (RuntimeException e) {
      simulation.violate(
          new Violation(Invariant.NODE_RUNS, "task of " + process + " threw " + e, e));
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
  public static <T> T givingUp(SimRuntime runtime, Supplier<T> call) {
    boolean before = runtime.givesUp; // another user may be interrupted in the same call
    runtime.givesUp = true;
    try {
      return call.get();
    } finally {
      runtime.givesUp = before;
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
            Invariant.CONTRACT, "a caller blocks at " + process + " in a simulation of one thread");
      }
      return signalled;
    }
  }
}
