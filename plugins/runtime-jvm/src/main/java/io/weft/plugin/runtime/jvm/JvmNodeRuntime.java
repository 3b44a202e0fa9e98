// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.runtime.Waiter;
import jakarta.inject.Inject;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * The runtime of a process: the clocks of JVM and system, one scheduler thread, a bounded pool for
 * blocking tasks, and a few workers that continue drain loops. Thread-safe. All threads are
 * daemons, start when first needed, and park when idle; workers end after a while.
 */
public final class JvmNodeRuntime implements NodeRuntime {
  /** Time that {@link #close} gives running tasks before it interrupts them: 5 s. */
  private static final long CLOSE_GRACE_NS = TimeUnit.SECONDS.toNanos(5);

  /** Time after which an idle worker ends. */
  private static final long WORKER_IDLE_SECONDS = 30;

  /**
   * Pause before a failure is reported again that could not be reported for lack of memory: 50 ms.
   */
  private static final long REPORT_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(50);

  private final long spinNs;
  private final BootClock bootClock = BootClock.ofThisSystem();
  private final NodeFailure failure;
  private final ScheduledThreadPoolExecutor scheduler;
  private final ThreadPoolExecutor blocking;
  private final Executor guardedBlocking;
  private final ThreadPoolExecutor workers;
  private final Executor guardedWorkers;
  private final RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  /** Creates the runtime; starts no thread. */
  @Inject
  public JvmNodeRuntime(JvmRuntimeSettings settings, NodeFailure failure) {
    this.spinNs = settings.spin().toNanos();
    this.failure = failure;
    this.scheduler =
        new ScheduledThreadPoolExecutor(1, new RuntimeThreads("weft-scheduler"), this::onRefused);
    scheduler.setRemoveOnCancelPolicy(true);
    scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.blocking =
        new ThreadPoolExecutor(
            settings.blockingThreads(),
            settings.blockingThreads(),
            0,
            TimeUnit.NANOSECONDS,
            new ArrayBlockingQueue<>(settings.blockingQueue()),
            new RuntimeThreads("weft-blocking"),
            this::onRefused);
    this.guardedBlocking = task -> blocking.execute(guarded(task));
    this.workers =
        new ThreadPoolExecutor(
            settings.workerThreads(),
            settings.workerThreads(),
            WORKER_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // bounded by its users: one task of each drain loop
            new RuntimeThreads("weft-worker"),
            new ThreadPoolExecutor.AbortPolicy());
    workers.allowCoreThreadTimeOut(true);
    this.guardedWorkers = task -> workers.execute(guarded(task));
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long bootTime() {
    return bootClock.nanoTime();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public Cancellable schedule(long delayNs, Runnable task) {
    Future<?> future = scheduler.schedule(guarded(task), delayNs, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public Executor blocking() {
    return guardedBlocking;
  }

  @Override
  public Executor workers() {
    return guardedWorkers;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public Waiter newWaiter() {
    return new SpinThenParkWaiter(spinNs);
  }

  @Override
  public void close() {
    scheduler.shutdown();
    blocking.shutdown();
    blocking.getQueue().clear();
    workers.shutdown();
    long deadline = System.nanoTime() + CLOSE_GRACE_NS;
    boolean interrupted =
        end(scheduler, deadline) | end(blocking, deadline) | end(workers, deadline);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for running tasks, interrupts late ones; returns whether the caller was interrupted. */
  private static boolean end(ThreadPoolExecutor executor, long deadline) {
    try {
      if (RuntimeThreads.currentIsOf(executor.getThreadFactory())) {
        return false; // a task that closes the runtime cannot wait for itself
      }
      if (!executor.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        executor.shutdownNow();
      }
      return false;
    } catch (InterruptedException _) {
      executor.shutdownNow();
      return true;
    }
  }

  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable t) { // rule RT-3: no exception may be lost
        while (!isReported(t) && !Thread.currentThread().isInterrupted()) {
          LockSupport.parkNanos(this, REPORT_AGAIN_NS);
        }
      }
    };
  }

  /** Stops the node; false if there is not enough memory for that. */
  private boolean isReported(Throwable thrown) {
    try {
      failure.stop(
          thrown instanceof WeftException known
              ? known
              : new WeftException(
                  CoreErrors.INVARIANT_BROKEN,
                  "a task on " + Thread.currentThread().getName() + " threw " + thrown,
                  thrown));
      return true;
    } catch (Throwable _) {
      return false;
    }
  }

  /** A closed runtime drops tasks (rule RT-4); a full queue is reported to the submitter. */
  private void onRefused(Runnable task, ThreadPoolExecutor executor) {
    if (!executor.isShutdown()) {
      throw new WeftException(
          CoreErrors.BACK_PRESSURED,
          "all "
              + executor.getMaximumPoolSize()
              + " blocking threads are busy and "
              + executor.getQueue().size()
              + " tasks wait; raise weft.runtime.jvm.blocking-threads or blocking-queue");
    }
  }
}
