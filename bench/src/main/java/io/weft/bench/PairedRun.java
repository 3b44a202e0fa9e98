// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * How much more do two threads do than one? Batches of one thread alone and of two threads at once
 * take turns, so that both meet the same machine; compared are the medians of their durations.
 *
 * <p>The two meet before each batch, spinning, and the batch counts only if both have really
 * started together: on a machine with other work, two threads mostly run one after the other, and
 * would not get into each other's way however badly they share.
 */
final class PairedRun {
  private static final int PHASES = 10;
  private static final int MOST_PHASES = 60;
  private static final int WARM_UP_PHASES = 3;
  private static final long ALONE_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long TOGETHER_PHASE_NS = TimeUnit.MILLISECONDS.toNanos(300);
  private static final int MOST_BATCHES = 200_000;
  private static final int FEWEST_PAIRS = 200;

  /** Most nanoseconds between the starts of a pair, in batches of some 30,000 or more. */
  private static final long TOGETHER_NS = 1_000;

  private final Supplier<Runnable> first;
  private final Supplier<Runnable> second;
  private final AtomicInteger arrived = new AtomicInteger();
  private final CyclicBarrier phase = new CyclicBarrier(2);
  private final Batches alone = new Batches();
  private final Batches[] together = {new Batches(), new Batches()};
  private volatile int lastRound;
  private volatile boolean over;

  private PairedRun(Supplier<Runnable> first, Supplier<Runnable> second) {
    this.first = first;
    this.second = second;
  }

  /**
   * Two threads' rate as a multiple of one thread's. Each supplier is asked on the thread that it
   * is for, so that what a thread writes does not lie beside what the other does, and gives that
   * thread's batch.
   *
   * @return not a number if the machine never let the two start at once
   */
  static double scaling(Supplier<Runnable> first, Supplier<Runnable> second)
      throws InterruptedException {
    return new PairedRun(first, second).run();
  }

  private double run() throws InterruptedException {
    Thread other = new Thread(this::runSecond, "bench-pair");
    other.start();
    runFirst();
    other.join();
    Batches pairs = pairs();
    return pairs.count == 0 ? Double.NaN : 2.0 * alone.median() / pairs.median();
  }

  private void runFirst() {
    Runnable batch = first.get();
    int round = 0;
    for (int i = 0; !over; i++) {
      if (i == WARM_UP_PHASES) {
        alone.forget();
        together[0].forget();
      }
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < ALONE_NS) {
        alone.time(batch);
      }
      await();
      begin = System.nanoTime();
      boolean last;
      do {
        round++;
        last = System.nanoTime() - begin > TOGETHER_PHASE_NS;
        if (last) {
          lastRound = round; // before the two meet, so that the other knows
        }
        meet();
        together[0].time(batch);
      } while (!last);
      await();
      int measured = i + 1 - WARM_UP_PHASES;
      over = measured >= PHASES && (measured >= MOST_PHASES || pairs().count >= FEWEST_PAIRS);
      await();
    }
  }

  private void runSecond() {
    Runnable batch = second.get();
    int round = 0;
    for (int i = 0; !over; i++) {
      if (i == WARM_UP_PHASES) {
        together[1].forget();
      }
      await();
      do {
        round++;
        meet();
        together[1].time(batch);
      } while (lastRound != round);
      await();
      await(); // until the other has decided
    }
  }

  /** Waits, on the processor, until both have come. */
  private void meet() {
    int mine = arrived.incrementAndGet();
    int both = mine + (mine & 1);
    while (arrived.get() < both) {
      Thread.onSpinWait();
    }
  }

  private void await() {
    try {
      phase.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException("interrupted while measuring", e);
    }
  }

  private Batches pairs() {
    Batches pairs = new Batches();
    for (int i = 0; i < Math.min(together[0].count, together[1].count); i++) {
      if (Math.abs(together[0].starts[i] - together[1].starts[i]) < TOGETHER_NS) {
        pairs.add(0, Math.max(together[0].durations[i], together[1].durations[i]));
      }
    }
    return pairs;
  }

  /** Starts and durations of one thread's batches, in nanoseconds. */
  private static final class Batches {
    private final long[] starts = new long[MOST_BATCHES];
    private final long[] durations = new long[MOST_BATCHES];
    private int count;

    void time(Runnable work) {
      long start = System.nanoTime();
      work.run();
      add(start, System.nanoTime() - start);
    }

    void add(long start, long duration) {
      if (count < MOST_BATCHES) {
        starts[count] = start;
        durations[count++] = duration;
      }
    }

    void forget() {
      count = 0;
    }

    long median() {
      long[] sorted = Arrays.copyOf(durations, count);
      Arrays.sort(sorted);
      return sorted[count / 2];
    }
  }
}
