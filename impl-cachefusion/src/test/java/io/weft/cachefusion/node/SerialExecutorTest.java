// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.doubles.StillRuntime;
import io.weft.spi.runtime.DrainLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Events of a shard: in order, not for long on a foreign thread, and none lost by an error. */
final class SerialExecutorTest {
  private static final long PATIENCE_S = 60;

  private final ArrayDeque<Runnable> ofWorkers = new ArrayDeque<>();
  private final List<String> ran = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final SerialExecutor executor = executor(ofWorkers::add);
  private int depth;

  private SerialExecutor executor(Executor workers) {
    return new SerialExecutor(
        StillRuntime.create().with(workers), new NoBursts(), () -> {}, this::onFailure);
  }

  private void onFailure(Throwable thrown) {
    failures.add(thrown);
    executor.executeFirst(() -> ran.add("stop"));
  }

  @Test
  void aBusyShardLetsTheThreadGoThatCameBy() {
    executor.execute(this::busy);
    assertEquals(DrainLoop.MAX_PIECES, ran.size());
    assertEquals(1, ofWorkers.size());
  }

  private void busy() {
    ran.add("busy");
    executor.execute(this::busy);
  }

  @Test
  void theThreadThatKeepsTheTimeNeverDrains() {
    executor.executeElsewhere(() -> ran.add("tick"));
    assertTrue(ran.isEmpty());
    ofWorkers.remove().run();
    assertEquals(List.of("tick"), ran);
  }

  @Test
  void theEndOvertakesWhatWaitsWhenAnEventHasThrown() {
    executor.execute(
        () -> {
          executor.execute(() -> ran.add("after"));
          throw new IllegalStateException("broken");
        });
    assertInstanceOf(IllegalStateException.class, failures.getFirst());
    assertEquals(List.of("stop", "after"), ran);
  }

  @Test
  void aShardWhoseThreadHasNoStackLeftStopsTheNode() {
    executor.execute(this::recurse);
    ofWorkers.remove().run();
    assertInstanceOf(StackOverflowError.class, failures.getFirst());
    executor.execute(() -> ran.add("after"));
    assertEquals(List.of("stop", "after"), ran);
  }

  private void recurse() {
    depth++;
    recurse();
  }

  @Test
  void runsAllEventsInTheOrderOfEachThread() throws InterruptedException {
    int threads = 4;
    int each = 50_000;
    int[] next = new int[threads]; // no synchronisation but the executor's
    CountDownLatch done = new CountDownLatch(threads * each);
    List<String> wrong = new ArrayList<>();
    try (ExecutorService workers = Executors.newFixedThreadPool(2)) {
      SerialExecutor busy = executor(workers);
      for (int t = 0; t < threads; t++) {
        int thread = t;
        Thread.ofPlatform().start(() -> bring(busy, thread, each, next, wrong, done));
      }
      assertTrue(done.await(PATIENCE_S, TimeUnit.SECONDS));
    }
    assertEquals(List.of(), wrong);
    assertEquals(List.of(), failures);
  }

  private static void bring(
      SerialExecutor busy, int thread, int each, int[] next, List<String> wrong, CountDownLatch d) {
    for (int i = 0; i < each; i++) {
      int number = i;
      Runnable event =
          () -> {
            if (next[thread]++ != number) {
              wrong.add(thread + ": " + number);
            }
            d.countDown();
          };
      if (number % 7 == 0) {
        busy.executeElsewhere(event);
      } else {
        busy.execute(event);
      }
    }
  }

  private static final class NoBursts implements SerialExecutor.Bursts {
    @Override
    public void begin() {}

    @Override
    public void end() {}
  }
}
