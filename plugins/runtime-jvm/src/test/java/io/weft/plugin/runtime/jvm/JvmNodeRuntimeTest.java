// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.runtime.NodeRuntime;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rules RT-1 to RT-4 on the JVM's threads. */
final class JvmNodeRuntimeTest {
  private static final long PATIENCE_S = 30;

  private final BlockingQueue<WeftException> failures = new LinkedBlockingQueue<>();
  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
  private final NodeRuntime runtime =
      new JvmNodeRuntime(new JvmRuntimeSettings(Duration.ZERO, 1, 1, 1), failures::add);

  @AfterEach
  void close() {
    runtime.close();
  }

  @Test
  void runsScheduledTasksOnItsOwnThread() throws InterruptedException {
    runtime.schedule(0, () -> seen.add(Thread.currentThread()));
    Thread scheduler = (Thread) next(seen);
    assertEquals("weft-scheduler-0", scheduler.getName());
    assertTrue(scheduler.isDaemon());
  }

  @Test
  void aBusyDrainLoopDoesNotKeepTheSchedulerFromOtherTasks() throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    AtomicReference<DrainLoop> loop = new AtomicReference<>();
    DrainLoop.Work endless =
        _ -> {
          if (!over.get()) {
            loop.get().more();
          }
          return 1;
        };
    loop.set(new DrainLoop(endless, 8, runtime.workers(), runtime::nanoTime, _ -> {}));
    runtime.schedule(0, () -> loop.get().signal());
    runtime.schedule(TimeUnit.MILLISECONDS.toNanos(1), () -> seen.add("heartbeat"));
    assertEquals("heartbeat", next(seen));
    over.set(true);
  }

  @Test
  void reportsAgainWhatCouldNotBeReported() throws InterruptedException {
    AtomicInteger attempts = new AtomicInteger();
    try (NodeRuntime unlucky =
        new JvmNodeRuntime(
            new JvmRuntimeSettings(Duration.ZERO, 1, 1, 1),
            reason -> {
              if (attempts.incrementAndGet() == 1) {
                throw new OutOfMemoryError("planned");
              }
              seen.add(reason.getCause());
            })) {
      OutOfMemoryError error = new OutOfMemoryError("of the task");
      unlucky
          .blocking()
          .execute(
              () -> {
                throw error;
              });
      assertEquals(error, next(seen));
    }
  }

  @Test
  void workersRefuseWhenTheyHaveEnded() {
    runtime.workers().execute(() -> seen.add("accepted"));
    runtime.close();
    assertEquals("accepted", seen.poll());
    assertThrows(RejectedExecutionException.class, () -> runtime.workers().execute(() -> {}));
  }

  @Test
  void neverRunsATaskBeforeItsDelayIsOver() throws InterruptedException {
    long delayNs = TimeUnit.MILLISECONDS.toNanos(5);
    long start = runtime.nanoTime();
    runtime.schedule(delayNs, () -> seen.add(runtime.nanoTime()));
    assertTrue((long) next(seen) - start >= delayNs);
  }

  @Test
  void aCancelledTaskDoesNotRun() throws InterruptedException {
    var task = runtime.schedule(TimeUnit.HOURS.toNanos(1), () -> seen.add("cancelled"));
    task.cancel();
    runtime.schedule(0, () -> seen.add("other"));
    assertEquals("other", next(seen));
    assertTrue(seen.isEmpty());
  }

  @Test
  void runsBlockingTasksOnAThreadOfTheirOwn() throws InterruptedException {
    runtime.blocking().execute(() -> seen.add(Thread.currentThread()));
    Thread worker = (Thread) next(seen);
    assertNotSame(Thread.currentThread(), worker);
    assertEquals("weft-blocking-0", worker.getName());
    assertTrue(worker.isDaemon());
  }

  @Test
  void refusesBlockingTasksBeyondItsBoundByName() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(1);
    runtime
        .blocking()
        .execute(
            () -> {
              running.countDown();
              awaitQuietly(end);
            });
    assertTrue(running.await(PATIENCE_S, TimeUnit.SECONDS));
    runtime.blocking().execute(() -> seen.add("queued"));
    var refused =
        assertThrows(
            WeftException.class, () -> runtime.blocking().execute(() -> seen.add("refused")));
    end.countDown();
    assertEquals(CoreErrors.BACK_PRESSURED, refused.code());
    assertTrue(refused.getMessage().contains("blocking-threads"), refused.getMessage());
    assertEquals("queued", next(seen));
  }

  @Test
  void reportsWhatATaskThrowsAndGoesOn() throws InterruptedException {
    var known = new WeftException(CoreErrors.BACK_PRESSURED, "too many");
    var defect = new AssertionError("broken");
    runtime.schedule(
        0,
        () -> {
          throw known;
        });
    assertSame(known, next(failures));
    runtime
        .blocking()
        .execute(
            () -> {
              throw defect;
            });
    WeftException reported = next(failures);
    assertEquals(CoreErrors.INVARIANT_BROKEN, reported.code());
    assertSame(defect, reported.getCause());
    runtime.schedule(0, () -> seen.add("still running"));
    runtime.blocking().execute(() -> seen.add("still running"));
    assertEquals(next(seen), next(seen));
  }

  @Test
  void closingEndsTheThreadsAndDropsWhatHasNotRun() throws InterruptedException {
    runtime.schedule(0, () -> seen.add(Thread.currentThread()));
    runtime.blocking().execute(() -> seen.add(Thread.currentThread()));
    Thread first = (Thread) next(seen);
    Thread second = (Thread) next(seen);
    runtime.schedule(TimeUnit.HOURS.toNanos(1), () -> seen.add("dropped"));
    runtime.close();
    first.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
    second.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
    assertFalse(first.isAlive() || second.isAlive());
    runtime.schedule(0, () -> seen.add("dropped"));
    runtime.blocking().execute(() -> seen.add("dropped"));
    runtime.close();
    assertTrue(seen.isEmpty());
  }

  @Test
  void aTaskMayCloseTheRuntime() throws InterruptedException {
    runtime.schedule(
        0,
        () -> {
          runtime.close();
          seen.add("closed");
        });
    assertEquals("closed", next(seen));
  }

  @Test
  void randomNumbersServeAnyThread() {
    long distinct = runtime.random().longs(1_000).distinct().count();
    assertTrue(distinct > 990, () -> "distinct: " + distinct);
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(PATIENCE_S, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came within " + PATIENCE_S + " s");
    }
    return next;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
