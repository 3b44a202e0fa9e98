// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.runtime.NodeRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link NodeRuntime} keeps: rules RT-1 to RT-5. A runtime of virtual time overrides
 * {@link #goOn} and {@link #hasThreads}, and {@link #suspend} if its machine can stand still.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class NodeRuntimeContract {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final long HOUR_NS = TimeUnit.HOURS.toNanos(1);

  private final BlockingQueue<WeftException> failures = new LinkedBlockingQueue<>();
  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
  private final ThreadLocal<Boolean> submitting = ThreadLocal.withInitial(() -> false);
  private NodeRuntime runtime;

  /**
   * A new runtime under test.
   *
   * @param failure what it reports failures to
   */
  protected abstract NodeRuntime runtime(NodeFailure failure);

  /** Lets something happen; called again and again while a test waits. */
  protected void goOn() {
    Thread.onSpinWait();
  }

  /** Whether tasks run on threads, which may wait for each other. */
  protected boolean hasThreads() {
    return true;
  }

  /**
   * Suspends the machine of the runtime made last for a while, and lets it go on.
   *
   * @return false if nothing can be suspended here
   */
  protected boolean suspend() {
    return false;
  }

  @BeforeEach
  void makeRuntime() {
    runtime = runtime(failures::add);
  }

  @AfterEach
  void closeRuntime() {
    runtime.close();
  }

  // ---- RT-1 and RT-5: clocks

  @Test
  @Tag("RT-1")
  void clocksNeverGoBack() {
    long nano = runtime.nanoTime();
    long boot = runtime.bootTime();
    for (int look = 0; look < 200_000; look++) {
      long nanoNow = runtime.nanoTime();
      long bootNow = runtime.bootTime();
      assertTrue(nanoNow - nano >= 0, "nanoTime went back");
      assertTrue(bootNow - boot >= 0, "bootTime went back");
      nano = nanoNow;
      boot = bootNow;
    }
  }

  @Test
  @Tag("RT-1")
  void clocksNeverGoBackFromThreadToThread() throws InterruptedException {
    assumeTrue(hasThreads(), "a runtime of one thread");
    for (int handover = 0; handover < 50; handover++) {
      long nano = runtime.nanoTime();
      long boot = runtime.bootTime();
      runtime
          .workers()
          .execute(() -> seen.add(List.of(runtime.nanoTime() - nano, runtime.bootTime() - boot)));
      List<?> passed = (List<?>) next(seen);
      passed.forEach(ns -> assertTrue((long) ns >= 0, () -> "a clock went back by " + ns));
    }
  }

  @Test
  @Tag("RT-5")
  void bootTimeKeepsUpWithNanoTime() {
    long bootStart = runtime.bootTime();
    long nanoStart = runtime.nanoTime();
    long nanoSpan = 0;
    while (nanoSpan < TimeUnit.MILLISECONDS.toNanos(20)) {
      goOn();
      nanoSpan = runtime.nanoTime() - nanoStart;
      if (!hasThreads()) {
        runtime.schedule(TimeUnit.MILLISECONDS.toNanos(1), () -> {}); // or no time passes
      }
    }
    long bootSpan = runtime.bootTime() - bootStart;
    long tick = TimeUnit.MILLISECONDS.toNanos(1);
    assertTrue(bootSpan + tick >= nanoSpan, bootSpan + " ns is less than " + nanoSpan);
  }

  @Test
  @Tag("RT-5")
  void bootTimeGoesOnWhileTheMachineIsSuspended() {
    long boot = runtime.bootTime();
    long nano = runtime.nanoTime();
    assumeTrue(suspend(), "nothing can be suspended here");
    assertTrue(runtime.bootTime() - boot > runtime.nanoTime() - nano);
  }

  // ---- RT-2: where tasks run

  @Test
  @Tag("RT-2")
  void noTaskRunsInsideTheCallThatSubmitsIt() throws InterruptedException {
    for (Map.Entry<String, Consumer<Runnable>> kind : kinds().entrySet()) {
      submitting.set(true);
      kind.getValue().accept(() -> seen.add(submitting.get()));
      submitting.set(false);
      assertEquals(false, next(seen), kind.getKey());
    }
  }

  @Test
  @Tag("RT-2")
  void noTaskOfATaskRunsInsideIt() throws InterruptedException {
    for (Map.Entry<String, Consumer<Runnable>> kind : kinds().entrySet()) {
      kind.getValue()
          .accept(
              () -> {
                submitting.set(true);
                kind.getValue().accept(() -> seen.add(submitting.get()));
                submitting.set(false);
              });
      assertEquals(false, next(seen), kind.getKey());
    }
  }

  @Test
  @Tag("RT-2")
  void everyKindHasThreadsOfItsOwn() throws InterruptedException {
    assumeTrue(hasThreads(), "a runtime of one thread");
    for (Map.Entry<String, Consumer<Runnable>> busy : kinds().entrySet()) {
      CountDownLatch end = new CountDownLatch(1);
      CountDownLatch begun = new CountDownLatch(1);
      busy.getValue()
          .accept(
              () -> {
                begun.countDown();
                awaitQuietly(end);
              });
      begun.await();
      for (Map.Entry<String, Consumer<Runnable>> other : kinds().entrySet()) {
        if (!other.getKey().equals(busy.getKey())) {
          other.getValue().accept(() -> seen.add(other.getKey()));
          assertEquals(other.getKey(), next(seen), "while " + busy.getKey() + " is held");
        }
      }
      end.countDown();
    }
  }

  @Test
  @Tag("RT-2")
  void neverRunsAScheduledTaskBeforeItsDelayIsOver() throws InterruptedException {
    long delayNs = TimeUnit.MILLISECONDS.toNanos(5);
    long start = runtime.nanoTime();
    runtime.schedule(delayNs, () -> seen.add(runtime.nanoTime()));
    assertTrue((long) next(seen) - start >= delayNs);
  }

  @Test
  @Tag("RT-2")
  void aCancelledTaskDoesNotRun() throws InterruptedException {
    long delayNs = hasThreads() ? HOUR_NS : 1;
    NodeRuntime.Cancellable task = runtime.schedule(delayNs, () -> seen.add("cancelled"));
    task.cancel();
    task.cancel();
    runtime.schedule(2, () -> seen.add("other"));
    assertEquals("other", next(seen));
    assertTrue(seen.isEmpty());
  }

  // ---- RT-3: what tasks throw

  @Test
  @Tag("RT-3")
  void reportsWhatATaskThrowsAndGoesOn() throws InterruptedException {
    for (Map.Entry<String, Consumer<Runnable>> kind : kinds().entrySet()) {
      WeftException known = new WeftException(CoreErrors.BACK_PRESSURED, kind.getKey());
      kind.getValue()
          .accept(
              () -> {
                throw known;
              });
      assertSame(known, next(failures));
      kind.getValue().accept(() -> seen.add(kind.getKey()));
      assertEquals(kind.getKey(), next(seen));
    }
  }

  @Test
  @Tag("RT-3")
  protected void reportsADefectAsABrokenInvariant() throws InterruptedException {
    for (Map.Entry<String, Consumer<Runnable>> kind : kinds().entrySet()) {
      AssertionError defect = new AssertionError(kind.getKey());
      kind.getValue()
          .accept(
              () -> {
                throw defect;
              });
      WeftException reported = next(failures);
      assertEquals(CoreErrors.INVARIANT_BROKEN, reported.code());
      assertSame(defect, reported.getCause());
    }
  }

  // ---- RT-4: the end

  @Test
  @Tag("RT-4")
  void closingStopsAllThreads() throws InterruptedException {
    assumeTrue(hasThreads(), "a runtime of one thread");
    List<Thread> threads = new ArrayList<>();
    for (Consumer<Runnable> kind : kinds().values()) {
      kind.accept(() -> seen.add(Thread.currentThread()));
      threads.add((Thread) next(seen));
    }
    runtime.close();
    for (Thread thread : threads) {
      thread.join(TimeUnit.NANOSECONDS.toMillis(PATIENCE_NS));
      assertFalse(thread.isAlive(), () -> thread.getName() + " is still there");
    }
  }

  @Test
  @Tag("RT-4")
  void closingDropsWhatHasNotRun() {
    runtime.schedule(hasThreads() ? HOUR_NS : 1, () -> seen.add("scheduled before"));
    runtime.close();
    runtime.schedule(0, () -> seen.add("scheduled"));
    runtime.blocking().execute(() -> seen.add("blocking"));
    runtime.close();
    goOn();
    assertTrue(seen.isEmpty(), () -> seen + " has run after the end");
  }

  @Test
  @Tag("RT-4")
  void workersRunWhatTheyHaveAcceptedAndThenRefuse() throws InterruptedException {
    runtime.workers().execute(() -> seen.add("accepted"));
    runtime.close();
    assertEquals("accepted", next(seen));
    assertThrows(RejectedExecutionException.class, () -> runtime.workers().execute(() -> {}));
  }

  @Test
  @Tag("RT-4")
  void aTaskMayCloseTheRuntime() throws InterruptedException {
    runtime.schedule(
        0,
        () -> {
          runtime.close();
          seen.add("closed");
        });
    assertEquals("closed", next(seen));
  }

  // ---- what has no number

  @Test
  void randomNumbersServeAnyThread() throws InterruptedException {
    runtime.workers().execute(() -> seen.add(runtime.random().longs(1_000).distinct().count()));
    long distinct = (long) next(seen);
    assertTrue(distinct > 990, () -> "distinct: " + distinct);
  }

  /** The three ways to have a task run, each by its name. */
  private Map<String, Consumer<Runnable>> kinds() {
    Map<String, Consumer<Runnable>> kinds = new LinkedHashMap<>();
    kinds.put("schedule", task -> runtime.schedule(0, task));
    kinds.put("blocking", task -> runtime.blocking().execute(task));
    kinds.put("workers", task -> runtime.workers().execute(task));
    return kinds;
  }

  private <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PATIENCE_NS) {
      goOn();
      T next = queue.poll(hasThreads() ? 10 : 0, TimeUnit.MILLISECONDS);
      if (next != null) {
        return next;
      }
    }
    throw new AssertionError("nothing came");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
