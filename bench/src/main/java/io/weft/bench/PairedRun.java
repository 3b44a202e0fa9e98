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
 * Measures the rate of two threads as a multiple of one thread's. Batches of one thread and of two
 * threads alternate, so that the load of the machine is the same for both; the medians of their
 * durations are compared.
 *
 * <p>The two threads synchronize by spinning before each batch, and a batch counts only if both
 * have started at the same time. On a loaded machine two threads mostly run one after the other,
 * and would not show contention.
 */
final class PairedRun {
  /** Phases measured; in each one thread and two threads alternate. */
  private static final int PHASES = 10;

  /** Most phases, if too few pairs start at the same time. */
  private static final int MOST_PHASES = 60;

  /** Phases before the measurement. */
  private static final int WARM_UP_PHASES = 3;

  /** Duration of the single-thread part of a phase. */
  private static final long ALONE_NS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Duration of the two-thread part of a phase. */
  private static final long TOGETHER_PHASE_NS = TimeUnit.MILLISECONDS.toNanos(300);

  /** Most batches recorded. */
  private static final int MOST_BATCHES = 200_000;

  /** Least number of pairs for a result. */
  private static final int FEWEST_PAIRS = 200;

  /** Largest difference of the starts of a pair, in nanoseconds; batches take 30,000 ns or more. */
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
   * The rate of two threads as a multiple of one thread's. Each supplier is called on its thread,
   * so that the data of the two threads are not adjacent in memory, and returns the batch of that
   * thread.
   *
   * @return NaN if the two threads never started at the same time
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
          lastRound = round; // set before the threads synchronize, so that the other one sees it
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

  /** Spins until both threads have arrived. */
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
