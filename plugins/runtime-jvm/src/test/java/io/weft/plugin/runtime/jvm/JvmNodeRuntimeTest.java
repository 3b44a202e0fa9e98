// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.NodeRuntimeContract;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.runtime.NodeRuntime;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract, and how the JVM's threads are named, bounded and kept apart. */
final class JvmNodeRuntimeTest extends NodeRuntimeContract {
  private static final long PATIENCE_S = 30;

  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
  private final NodeRuntime runtime = runtime(_ -> {});

  @Override
  protected NodeRuntime runtime(NodeFailure failure) {
    return new JvmNodeRuntime(new JvmRuntimeSettings(Duration.ZERO, 1, 1, 1), failure);
  }

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
