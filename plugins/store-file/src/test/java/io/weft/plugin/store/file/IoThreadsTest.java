// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No task is lost, whoever sleeps. */
final class IoThreadsTest {
  @Test
  void aCloseDoesNotWaitForEverForStorageThatHangs() throws InterruptedException {
    var storage = new CountDownLatch(1);
    var threads = new IoThreads(1, IoThreadsTest::rethrow);
    threads.submit(() -> Uninterruptibly.await(storage));
    assertFalse(threads.close(1_000_000));
    assertTrue(threads.unfinished() > 0);
    storage.countDown();
    threads.close();
    assertTrue(threads.close(1));
  }

  @Test
  void tellsAgainWhatCouldNotBeTold() throws InterruptedException {
    var told = new CountDownLatch(2);
    try (var threads =
        new IoThreads(
            1,
            t -> {
              told.countDown();
              if (told.getCount() > 0) {
                throw new OutOfMemoryError("planned");
              }
            })) {
      threads.submit(
          () -> {
            throw new IllegalStateException("planned");
          });
      assertTrue(told.await(60, TimeUnit.SECONDS));
    }
  }

  private static void rethrow(Throwable thrown) {
    throw new AssertionError(thrown);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 64})
  void runsEveryTaskOfSubmittersThatComeAndGo(int count) throws InterruptedException {
    int submitters = 4;
    int each = 5_000;
    AtomicInteger done = new AtomicInteger();
    try (var threads = new IoThreads(count, IoThreadsTest::rethrow)) {
      List<Thread> running =
          IntStream.range(0, submitters)
              .mapToObj(_ -> Thread.ofPlatform().start(() -> submitInBursts(threads, each, done)))
              .toList();
      for (Thread thread : running) {
        thread.join();
      }
    }
    assertEquals(submitters * each, done.get());
  }

  @Test
  void aBurstGetsAllThreads() throws InterruptedException {
    int count = 4;
    CountDownLatch together = new CountDownLatch(count);
    AtomicInteger met = new AtomicInteger();
    try (var threads = new IoThreads(count, IoThreadsTest::rethrow)) {
      for (int i = 0; i < count; i++) {
        threads.submit(
            () -> {
              together.countDown();
              if (awaitQuietly(together)) {
                met.incrementAndGet();
              }
            });
      }
      assertTrue(together.await(30, TimeUnit.SECONDS));
    }
    assertEquals(count, met.get());
  }

  @Test
  void refusesTasksAfterTheClose() {
    var threads = new IoThreads(2, IoThreadsTest::rethrow);
    threads.close();
    assertFalse(threads.submit(() -> {}));
  }

  /** Waits for the end of each burst, so that the threads go idle again and again. */
  private static void submitInBursts(IoThreads threads, int tasks, AtomicInteger done) {
    Semaphore ended = new Semaphore(0);
    int submitted = 0;
    for (int burst = 1; submitted < tasks; burst = burst % 7 + 1) {
      int size = Math.min(burst, tasks - submitted);
      for (int i = 0; i < size; i++) {
        threads.submit(
            () -> {
              done.incrementAndGet();
              ended.release();
            });
      }
      ended.acquireUninterruptibly(size);
      submitted += size;
    }
  }

  private static boolean awaitQuietly(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      return false;
    }
  }
}
