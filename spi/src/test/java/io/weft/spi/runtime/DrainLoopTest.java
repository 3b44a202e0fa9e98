// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** One at a time, never for long, and nothing lost whatever is thrown. */
final class DrainLoopTest {
  private static final long PATIENCE_S = 60;

  private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<Runnable> handedOver = new ArrayDeque<>();
  private final List<Throwable> told = new ArrayList<>();
  private final List<String> ran = new ArrayList<>();
  private long now;
  private boolean mute;

  private final DrainLoop loop = loop(handedOver::add);

  private DrainLoop loop(Executor helpers) {
    return new DrainLoop(this::next, DrainLoop.MAX_PIECES, helpers, () -> now, this::tell);
  }

  private int next(int signals) {
    Runnable event = events.poll();
    if (event != null) {
      event.run();
    }
    return 1;
  }

  private void tell(Throwable thrown) {
    if (mute) {
      throw new OutOfMemoryError("not even for this");
    }
    told.add(thrown);
  }

  private void bring(Runnable event) {
    events.add(event);
    loop.signal();
  }

  @Test
  void runsWorkOnTheThreadThatBringsItToAnIdleLoop() {
    bring(() -> ran.add("first"));
    bring(() -> ran.add("second"));
    assertEquals(List.of("first", "second"), ran);
    assertTrue(handedOver.isEmpty());
  }

  @Test
  void aVisitEndsAfterItsNumberOfPiecesThoughMoreComeAllTheTime() {
    bring(this::again);
    assertEquals(DrainLoop.MAX_PIECES, ran.size());
    handedOver.remove().run();
    assertEquals(DrainLoop.MAX_PIECES + DrainLoop.MAX_PIECES_OF_HELPER, ran.size());
    assertEquals(1, handedOver.size());
  }

  private void again() {
    ran.add("again");
    bring(this::again);
  }

  @Test
  void aVisitEndsAfterItsTimeThoughFewPiecesHaveBeenDone() {
    bring(this::slowly);
    assertEquals(4, ran.size());
    assertEquals(1, handedOver.size());
  }

  private void slowly() {
    ran.add("slowly");
    now += DrainLoop.MAX_NS;
    bring(this::slowly);
  }

  @Test
  void theThreadThatKeepsTheTimeDoesItsOwnPieceOnly() {
    events.add(() -> bring(() -> ran.add("of another")));
    loop.signalBriefly();
    assertTrue(ran.isEmpty());
    handedOver.remove().run();
    assertEquals(List.of("of another"), ran);
  }

  @Test
  void aHelperIsAskedOnceForAllThatWaits() {
    for (int i = 0; i < 3; i++) {
      events.add(() -> ran.add("by a helper"));
      loop.signalHelper();
    }
    assertTrue(ran.isEmpty());
    assertEquals(1, handedOver.size());
    handedOver.remove().run();
    assertEquals(3, ran.size());
  }

  @Test
  void goesOnWhereItIsIfTheHelpersHaveEnded() {
    DrainLoop alone =
        loop(
            _ -> {
              throw new RejectedExecutionException();
            });
    int many = 3 * DrainLoop.MAX_PIECES;
    events.add(
        () -> {
          for (int i = 0; i < many; i++) {
            events.add(() -> ran.add("here"));
            alone.signal();
          }
        });
    alone.signalHelper();
    assertEquals(many, ran.size());
  }

  @Test
  void tellsWhatIsThrownAndGoesOn() {
    AssertionError error = new AssertionError("broken");
    bring(
        () -> {
          throw error;
        });
    bring(() -> ran.add("after"));
    assertEquals(List.of(error), told);
    assertEquals(List.of("after"), ran);
  }

  @Test
  void aHelperTellsThatThereIsNoStackBeforeAnythingElseRuns() {
    bring(this::withoutStack);
    bring(() -> ran.add("after"));
    assertTrue(told.isEmpty());
    assertTrue(ran.isEmpty());
    handedOver.remove().run();
    assertTrue(told.getFirst() instanceof StackOverflowError);
    assertEquals(List.of("after"), ran);
  }

  @Test
  void isIdleAgainAfterItsOnlyPieceThrewWhatAHelperHadToTell() {
    events.add(this::withoutStack);
    loop.signal();
    handedOver.remove().run();
    assertTrue(told.getFirst() instanceof StackOverflowError);
    assertTrue(handedOver.isEmpty(), "nothing is left to do");
    bring(() -> ran.add("after"));
    assertEquals(List.of("after"), ran);
  }

  private void withoutStack() {
    withoutStack();
  }

  @Test
  void whatNobodyCanTellIsToldByWhoComesNext() {
    OutOfMemoryError error = new OutOfMemoryError("planned");
    mute = true;
    bring(
        () -> {
          throw error;
        });
    handedOver.remove().run();
    assertTrue(told.isEmpty());
    mute = false;
    bring(() -> ran.add("after"));
    assertSame(error, told.getFirst());
    assertEquals(List.of("after"), ran);
  }

  @Test
  void whatNobodyCanTellIsToldByWhoLooks() {
    OutOfMemoryError error = new OutOfMemoryError("planned");
    mute = true;
    bring(
        () -> {
          events.add(() -> ran.add("waiting"));
          loop.signal();
          throw error;
        });
    handedOver.remove().run();
    mute = false;
    loop.look();
    assertSame(error, told.getFirst());
    assertEquals(List.of("waiting"), ran);
  }

  @Test
  void isNotLostWithAHandOverThatFails() {
    AtomicBoolean full = new AtomicBoolean(true);
    DrainLoop unlucky =
        loop(
            task -> {
              handedOver.add(task); // it throws, and has the task nevertheless
              if (full.get()) {
                throw new OutOfMemoryError("unable to create native thread");
              }
            });
    events.add(() -> ran.add("once"));
    unlucky.signalHelper();
    full.set(false);
    unlucky.look();
    handedOver.remove().run();
    assertEquals(List.of("once"), ran);
    assertFalse(told.isEmpty());
  }

  @Test
  void aHelperThatRunsAlthoughItsHandOverThrewIsAlone() throws InterruptedException {
    try (Helper helper = new Helper()) {
      DrainLoop unlucky =
          loop(
              task -> {
                helper.run(task);
                throw new OutOfMemoryError("after the task was accepted");
              });
      events.add(helper::stay);
      unlucky.signalHelper();
      events.add(() -> ran.add("second"));
      unlucky.signal();
      unlucky.look();
      assertTrue(ran.isEmpty(), "a second thread drains");
      helper.finish();
      assertEquals(List.of("second"), ran);
    }
  }

  @Test
  void aLateTaskOfAHandOverThatThrewTakesTheNextOneThatIsRefused() throws InterruptedException {
    try (Helper helper = new Helper()) {
      ArrayDeque<Executor> answers = new ArrayDeque<>();
      answers.add(
          task -> {
            handedOver.add(task);
            throw new OutOfMemoryError("after the task was accepted");
          });
      answers.add(
          _ -> {
            helper.run(handedOver.remove());
            throw new RejectedExecutionException("closed");
          });
      DrainLoop unlucky = loop(task -> answers.remove().execute(task));
      events.add(() -> ran.add("first"));
      unlucky.signalHelper();
      unlucky.look();
      assertEquals(List.of("first"), ran);
      events.add(helper::stay);
      events.add(() -> ran.add("second"));
      unlucky.signalHelper();
      unlucky.signal();
      assertEquals(List.of("first"), ran, "a second thread drains");
      helper.finish();
      assertEquals(List.of("first", "second"), ran);
    }
  }

  /** A thread that runs a task whose first piece of work stays until it may finish. */
  private static final class Helper implements AutoCloseable {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch mayFinish = new CountDownLatch(1);
    private Thread thread;

    /** Runs the task on another thread; returns when its first piece runs. */
    void run(Runnable task) {
      thread = Thread.ofPlatform().start(task);
      await(inside);
    }

    void stay() {
      inside.countDown();
      await(mayFinish);
    }

    void finish() throws InterruptedException {
      mayFinish.countDown();
      thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
    }

    @Override
    public void close() {
      mayFinish.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        assertTrue(latch.await(PATIENCE_S, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted", e);
      }
    }
  }

  @Test
  void oneAtATimeAndAllOfThemUnderManyThreads() throws InterruptedException {
    int threads = 4;
    int each = 20_000;
    Counted counted = new Counted();
    try (ExecutorService helpers = Executors.newFixedThreadPool(2)) {
      DrainLoop busy = new DrainLoop(counted, 16, helpers, System::nanoTime, _ -> counted.thrown++);
      CountDownLatch brought = new CountDownLatch(threads);
      for (int i = 0; i < threads; i++) {
        int kind = i;
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int n = 0; n < each; n++) {
                    counted.brought.add(n);
                    signal(busy, kind);
                  }
                  brought.countDown();
                });
      }
      assertTrue(brought.await(PATIENCE_S, TimeUnit.SECONDS));
      assertTrue(counted.all(threads * each).await(PATIENCE_S, TimeUnit.SECONDS));
    }
    assertEquals(threads * each, counted.done);
    assertEquals(threads * each / Counted.THROWS_EVERY, counted.thrown);
    assertFalse(counted.met);
  }

  private static void signal(DrainLoop loop, int kind) {
    switch (kind) {
      case 0 -> loop.signalBriefly();
      case 1 -> loop.signalHelper();
      default -> loop.signal();
    }
  }

  /** Counts without any synchronisation, as the state of a shard is. */
  private static final class Counted implements DrainLoop.Work {
    static final int THROWS_EVERY = 1_000;

    final Queue<Integer> brought = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean in = new AtomicBoolean();
    private int done;
    private int thrown;
    private int expected = -1;
    private boolean met;
    private CountDownLatch all = new CountDownLatch(1);

    synchronized CountDownLatch all(int number) {
      expected = number;
      if (done == number) {
        all.countDown();
      }
      return all;
    }

    @Override
    public int perform(int signals) {
      met |= !in.compareAndSet(false, true);
      boolean throwing = false;
      if (brought.poll() != null) {
        throwing = count() % THROWS_EVERY == 0;
      }
      in.set(false);
      if (throwing) {
        throw new IllegalStateException("planned");
      }
      return 1;
    }

    private synchronized int count() {
      done++;
      if (done == expected) {
        all.countDown();
      }
      return done;
    }
  }
}
