// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.RedoStrategy.RedoRun;
import io.weft.spi.recovery.RedoStrategy.RedoWork;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link RedoStrategy} keeps: rules RS-1 to RS-3. A strategy that goes round for ever
 * fails, too: each test has a thread of its own, which is given up.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class RedoStrategyContract {
  private static final int MANY = 100_000;
  private static final int SEEDS = 100;

  /** The strategy under test. */
  protected abstract RedoStrategy strategy();

  /** How many recoveries are under way at a time when nobody waits, as configured. */
  protected abstract int atOnce();

  /** How many recoveries are under way at a time at most. */
  protected abstract int atMost();

  @Test
  void hasAName() {
    assertFalse(strategy().name().isBlank());
  }

  @Test
  @Tag("RS-1")
  void nothingToDoIsDoneAtOnce() {
    RecordedRedoWork work = new RecordedRedoWork(0);
    RedoRun run = strategy().start(work);
    run.touched(new BlockId(7, 0));
    run.cancel();
    assertEquals(List.of(), work.begun());
  }

  @Test
  @Tag("RS-1")
  void recoversEveryBlockOnceInWhateverOrderRecoveriesEnd() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      RecordedRedoWork work = new RecordedRedoWork(1 + random.nextInt(50));
      strategy().start(work);
      while (work.endAny(random)) {
        assertTrue(work.underWay().size() <= atOnce(), "too many with seed " + seed);
      }
      assertEachOnce(work, seed);
    }
  }

  @Test
  @Tag("RS-1")
  void recoversEveryBlockOnceWhenTouchedBeforeMeanwhileAndAfterwards() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      RecordedRedoWork work = new RecordedRedoWork(1 + random.nextInt(50));
      RedoRun run = strategy().start(work);
      do {
        for (int touch = random.nextInt(4); touch > 0; touch--) {
          work.request(run, any(work, random), 1 + random.nextInt(2));
        }
        assertTrue(work.underWay().size() <= atMost(), "too many with seed " + seed);
      } while (work.endAny(random));
      work.blocks().forEach(run::touched);
      assertEachOnce(work, seed);
    }
  }

  @Test
  @Tag("RS-1")
  void ignoresABlockThatIsNotPartOfTheWork() {
    RecordedRedoWork work = new RecordedRedoWork(3);
    RedoRun run = strategy().start(work);
    run.touched(new BlockId(8, 0));
    run.touched(new BlockId(7, 3));
    finish(work);
    assertEachOnce(work, 0);
  }

  @Test
  @Tag("RS-1")
  void beginsAsManyAsItMayAndNoMore() {
    RecordedRedoWork work = new RecordedRedoWork(3 * atMost());
    RedoRun run = strategy().start(work);
    assertEquals(atOnce(), work.begun().size());
    work.blocks().forEach(block -> work.request(run, block, 1));
    assertEquals(atMost(), work.begun().size());
    for (int ended = 1; ended <= 2 * atMost(); ended++) {
      work.end(work.underWay().getLast());
      assertEquals(atMost() + ended, work.begun().size());
    }
  }

  @Test
  @Tag("RS-1")
  void aRecoveryThatNeverEndsTakesTheRoomOfOneOnly() {
    RecordedRedoWork work = new RecordedRedoWork(50);
    strategy().start(work);
    while (work.underWay().size() > 1) {
      work.end(work.underWay().getLast());
    }
    assertEquals(work.block(0), work.underWay().getFirst());
    assertEquals(atOnce() > 1 ? 50 : 1, work.begun().size());
  }

  @Test
  @Tag("RS-1")
  void startsNoFurtherBlockWhenCancelled() {
    RecordedRedoWork work = new RecordedRedoWork(50);
    RedoRun run = strategy().start(work);
    work.end(work.block(0));
    run.cancel();
    List<BlockId> begun = work.begun();
    work.request(run, work.block(49), 2);
    finish(work);
    run.cancel();
    assertEquals(begun, work.begun());
  }

  @Test
  @Tag("RS-1")
  void startsNoFurtherBlockWhenCancelledInsideARecovery() {
    List<BlockId> begun = new ArrayList<>();
    List<RedoRun> run = new ArrayList<>();
    Queue<Runnable> later = new ArrayDeque<>();
    RedoWork work =
        work(
            atOnce() + 20,
            (block, done) -> {
              begun.add(block);
              if (begun.size() == atOnce() + 3) {
                run.getFirst().cancel();
              }
              later.add(done);
            });
    run.add(strategy().start(work));
    while (!later.isEmpty()) {
      later.remove().run();
    }
    assertEquals(atOnce() + 3, begun.size());
  }

  @Test
  @Tag("RS-2")
  void keepsTheOrderOfTheWorkWhenNobodyWaits() {
    RecordedRedoWork work = new RecordedRedoWork(50);
    strategy().start(work);
    finish(work);
    assertEquals(work.blocks(), work.begun());
  }

  @Test
  @Tag("RS-2")
  void aTouchedBlockComesBeforeThoseThatNobodyWaitsFor() {
    RecordedRedoWork work = new RecordedRedoWork(50);
    RedoRun run = strategy().start(work);
    int begun = work.begun().size();
    work.request(run, work.block(30), 1);
    work.request(run, work.block(40), 1);
    work.end(work.block(0));
    work.end(work.underWay().getFirst());
    assertEquals(List.of(work.block(30), work.block(40)), work.begun().subList(begun, begun + 2));
  }

  @Test
  @Tag("RS-3")
  void endsInsideRecoverDoNotPileUp() {
    List<BlockId> begun = new ArrayList<>();
    RedoWork work =
        work(
            MANY,
            (block, done) -> {
              begun.add(block);
              done.run();
            });
    strategy().start(work);
    assertEquals(work.blocks(), begun);
  }

  /** Each recovery ends earlier ones, the latest first, and sometimes itself before them. */
  @Test
  @Tag("RS-3")
  void endsInsideTheRecoveryOfOthersDoNotPileUp() {
    for (int variant = 0; variant < 3; variant++) {
      boolean itselfFirst = variant == 1;
      boolean every = variant == 2;
      ArrayDeque<Runnable> open = new ArrayDeque<>();
      AtomicInteger begun = new AtomicInteger();
      RedoWork work =
          work(
              MANY,
              (_, done) -> {
                boolean odd = begun.getAndIncrement() % 2 == 1;
                if (itselfFirst && odd) {
                  done.run();
                } else {
                  open.push(done);
                }
                if (odd || every) {
                  endAll(open);
                }
              });
      strategy().start(work);
      while (!open.isEmpty()) {
        endAll(open);
      }
      assertEquals(MANY, begun.get(), "variant " + variant);
    }
  }

  @Test
  @Tag("RS-3")
  void touchesInsideRecoverDoNotPileUp() {
    List<RedoRun> run = new ArrayList<>();
    Queue<Runnable> open = new ArrayDeque<>();
    AtomicInteger begun = new AtomicInteger();
    List<BlockId> blocks = blocks(MANY);
    RedoWork work =
        work(
            MANY,
            (_, done) -> {
              long other = begun.incrementAndGet() * 7_919L % MANY;
              open.add(done);
              for (RedoRun it : run) { // none until the start has returned
                it.touched(blocks.get((int) other));
                endAll(open);
              }
            });
    run.add(strategy().start(work));
    while (!open.isEmpty()) {
      endAll(open);
    }
    assertEquals(MANY, begun.get());
  }

  @Test
  @Tag("RS-3")
  void nothingIsLockedWhileABlockIsRecovered() {
    List<RedoRun> run = new ArrayList<>();
    AtomicInteger touches = new AtomicInteger();
    Queue<Runnable> open = new ArrayDeque<>();
    RedoWork work =
        work(
            20,
            (block, done) -> {
              for (RedoRun it : run) {
                join(Thread.ofPlatform().start(() -> it.touched(block)));
                touches.incrementAndGet();
              }
              open.add(done);
            });
    run.add(strategy().start(work));
    while (!open.isEmpty()) {
      open.remove().run();
    }
    assertEquals(20 - Math.min(20, atOnce()), touches.get());
  }

  @Test
  @Tag("RS-3")
  void recoversEveryBlockOnceWithManyThreads() {
    int blocks = 20_000;
    AtomicIntegerArray recovered = new AtomicIntegerArray(blocks);
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch open = new CountDownLatch(blocks);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      RedoWork work =
          work(
              blocks,
              (block, done) -> {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                recovered.incrementAndGet((int) block.number());
                Runnable end =
                    () -> {
                      underWay.decrementAndGet();
                      done.run();
                      open.countDown();
                    };
                if (block.number() % 3 == 0) {
                  end.run();
                } else {
                  threads.execute(end);
                }
              });
      RedoRun run = strategy().start(work);
      for (int toucher = 0; toucher < 2; toucher++) {
        Random random = new Random(toucher);
        threads.execute(
            () -> {
              for (int touch = 0; touch < 2_000; touch++) {
                run.touched(any(work, random));
              }
            });
      }
      await(open);
    }
    for (int block = 0; block < blocks; block++) {
      assertEquals(1, recovered.get(block), "block " + block);
    }
    assertTrue(most.get() <= atMost(), () -> most + " were under way");
  }

  private static void finish(RecordedRedoWork work) {
    while (!work.underWay().isEmpty()) {
      work.end(work.underWay().getFirst());
    }
  }

  private static void endAll(Queue<Runnable> open) {
    List<Runnable> now = List.copyOf(open);
    open.clear();
    now.forEach(Runnable::run);
  }

  private static void assertEachOnce(RecordedRedoWork work, int seed) {
    List<BlockId> begun = work.begun();
    assertEquals(work.blocks().size(), begun.size(), "blocks begun with seed " + seed);
    assertEquals(
        new HashSet<>(work.blocks()), new HashSet<>(begun), "blocks begun with seed " + seed);
  }

  private static BlockId any(RedoWork work, Random random) {
    return work.blocks().get(random.nextInt(work.blocks().size()));
  }

  private static List<BlockId> blocks(int count) {
    return IntStream.range(0, count).mapToObj(number -> new BlockId(7, number)).toList();
  }

  private static RedoWork work(int count, BiConsumer<BlockId, Runnable> recover) {
    List<BlockId> blocks = blocks(count);
    return new RedoWork() {
      @Override
      public List<BlockId> blocks() {
        return blocks;
      }

      @Override
      public void recover(BlockId block, Runnable done) {
        recover.accept(block, done);
      }

      @Override
      public int waiting(BlockId block) {
        return 0;
      }
    };
  }

  private static void join(Thread thread) {
    uninterrupted(thread::join);
  }

  private static void await(CountDownLatch latch) {
    uninterrupted(latch::await);
  }

  private static void uninterrupted(Wait wait) {
    try {
      wait.run();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", interrupted);
    }
  }

  private interface Wait {
    void run() throws InterruptedException;
  }
}
