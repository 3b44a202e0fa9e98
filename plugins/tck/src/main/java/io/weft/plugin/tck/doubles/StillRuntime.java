// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck.doubles;

import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * A runtime in which nothing happens by itself: scheduled tasks are kept for the test to run, and
 * there are no threads but those that the test lends. For parts that want a clock and little else;
 * no runtime in the sense of the contract. Thread-safe.
 */
public final class StillRuntime implements NodeRuntime {
  private final LongSupplier clock;
  private final Executor workers;
  private final List<Scheduled> scheduled = new CopyOnWriteArrayList<>();

  private StillRuntime(LongSupplier clock, Executor workers) {
    this.clock = clock;
    this.workers = workers;
  }

  /** Time stands still, and nobody works. */
  public static StillRuntime create() {
    return of(() -> 0);
  }

  /** With a clock for time and boot time; nobody works. */
  public static StillRuntime of(LongSupplier clock) {
    return new StillRuntime(clock, StillRuntime::refuse);
  }

  /** The same with others who do the work of {@link #workers}. */
  public StillRuntime with(Executor others) {
    return new StillRuntime(clock, others);
  }

  /**
   * What has been handed to {@link #schedule} and not been cancelled.
   *
   * @param delayNs after which it was to run
   */
  public record Scheduled(long delayNs, Runnable task) {}

  /** What has been scheduled so far, in order. */
  public List<Scheduled> scheduled() {
    return List.copyOf(scheduled);
  }

  private static void refuse(Runnable task) {
    throw new UnsupportedOperationException("nobody works here: " + task);
  }

  @Override
  public long nanoTime() {
    return clock.getAsLong();
  }

  @Override
  public long bootTime() {
    return clock.getAsLong();
  }

  @Override
  public long wallMillis() {
    return 1_000;
  }

  @Override
  public Cancellable schedule(long delayNs, Runnable task) {
    Scheduled entry = new Scheduled(delayNs, task);
    scheduled.add(entry);
    return () -> scheduled.remove(entry);
  }

  @Override
  public Executor blocking() {
    return StillRuntime::refuse;
  }

  @Override
  public Executor workers() {
    return workers;
  }

  @Override
  public RandomGenerator random() {
    return new SplittableRandom(1);
  }

  @Override
  public Waiter newWaiter() {
    throw new UnsupportedOperationException("nobody waits here");
  }

  @Override
  public void close() {}
}
