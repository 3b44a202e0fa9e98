// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A subject takes its share of the threads, and no more. */
final class BlockingLaneTest {
  private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
  private final List<String> ran = new ArrayList<>();

  @Test
  void takesOneThreadHoweverManyTasksWait() {
    BlockingLane lane = new BlockingLane(pool::add, 1);
    lane.execute(() -> ran.add("first"));
    lane.execute(() -> ran.add("second"));
    lane.execute(() -> ran.add("third"));
    assertEquals(1, pool.size());
    while (!pool.isEmpty()) {
      pool.remove().run();
    }
    assertEquals(List.of("first", "second", "third"), ran);
  }

  @Test
  void goesOnBehindATaskThatThrows() {
    BlockingLane lane = new BlockingLane(pool::add, 1);
    lane.execute(
        () -> {
          throw new IllegalStateException("planned");
        });
    lane.execute(() -> ran.add("after"));
    assertThrows(IllegalStateException.class, pool.remove()::run);
    pool.remove().run();
    assertEquals(List.of("after"), ran);
  }

  @Test
  void aTaskThatHangsLeavesTheOtherThreadsToOtherLanes() throws InterruptedException {
    CountDownLatch storage = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      BlockingLane logs = new BlockingLane(threads, 1);
      BlockingLane registry = new BlockingLane(threads, 1);
      for (int view = 0; view < 4; view++) {
        logs.execute(() -> hang(storage));
      }
      registry.execute(answered::countDown);
      assertTrue(answered.await(60, TimeUnit.SECONDS));
      storage.countDown();
    }
  }

  private static void hang(CountDownLatch until) {
    try {
      until.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void runsAllTasksOfManyThreads() throws InterruptedException {
    int threads = 4;
    int each = 5_000;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(threads * each);
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      BlockingLane lane = new BlockingLane(pool, 2);
      for (int t = 0; t < threads; t++) {
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < each; i++) {
                    lane.execute(
                        () -> {
                          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                          inside.decrementAndGet();
                          done.countDown();
                        });
                  }
                });
      }
      assertTrue(done.await(60, TimeUnit.SECONDS));
    }
    assertTrue(most.get() <= 2, "ran " + most + " at once");
  }
}
