// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Runs the same work on 1 to {@value #MOST} threads, in short phases that alternate with phases of
 * the work that it is compared with. The rate of many threads contains the share of the processors
 * that other processes leave them; the processor time of an operation does not. So both are taken.
 */
final class CrowdRun implements AutoCloseable {
  /** Most threads of a phase. */
  static final int MOST = 8;

  /** Duration of a phase. */
  private static final long PHASE_NS = TimeUnit.MILLISECONDS.toNanos(60);

  /** Pairs of phases for one ratio. */
  private static final int PAIRS = 15;

  /** Pairs of phases before them. */
  private static final int WARM_UP_PAIRS = 3;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final CyclicBarrier barrier = new CyclicBarrier(MOST + 1);
  private final AtomicInteger failed = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final long[] operations = new long[MOST];
  private final long[] processorNs = new long[MOST];
  private volatile int working;
  private volatile int kind;
  private volatile boolean over;

  /**
   * What many threads do, compared with something else.
   *
   * @param rate operations a second, as a multiple
   * @param cost processor time of an operation, as a multiple
   */
  record Ratio(double rate, double cost) {}

  private record Phase(double rate, double cost) {}

  /** Work of one kind: makes the batch of a thread, on that thread. */
  record Work(Supplier<Runnable> thread, int batchOperations) {}

  private CrowdRun(List<Work> works) {
    for (int index = 0; index < MOST; index++) {
      int mine = index;
      threads.add(Thread.ofPlatform().name("bench-crowd-" + index).start(() -> run(mine, works)));
    }
  }

  /** Starts the threads, which prepare each kind of work. */
  static CrowdRun of(Work... works) {
    return new CrowdRun(List.of(works));
  }

  /**
   * The first kind of work compared with the second.
   *
   * @param pause runs between two phases
   */
  Ratio compare(int first, int ofThreads, int second, int withThreads, Runnable pause) {
    double[] rates = new double[PAIRS];
    double[] costs = new double[PAIRS];
    for (int pair = -WARM_UP_PAIRS; pair < PAIRS; pair++) {
      pause.run();
      Phase ours = phase(first, ofThreads);
      pause.run();
      Phase theirs = phase(second, withThreads);
      if (pair >= 0) {
        rates[pair] = ours.rate / theirs.rate;
        costs[pair] = ours.cost / theirs.cost;
      }
    }
    return new Ratio(Figure.median(rates), Figure.median(costs));
  }

  private Phase phase(int kind, int count) {
    this.kind = kind;
    working = count;
    long begin = System.nanoTime();
    await(); // they begin
    await(); // they have ended
    long elapsed = System.nanoTime() - begin;
    long done = 0;
    long processor = 0;
    for (int index = 0; index < count; index++) {
      done += operations[index];
      processor += processorNs[index];
    }
    return new Phase(done * 1e9 / elapsed, (double) processor / done);
  }

  private void run(int index, List<Work> works) {
    try {
      work(index, works);
    } catch (RuntimeException | Error e) {
      failed.incrementAndGet();
      barrier.reset(); // nobody waits for this thread
      throw e;
    }
  }

  private void work(int index, List<Work> works) {
    List<Runnable> batches = works.stream().map(each -> each.thread.get()).toList();
    while (true) {
      await();
      if (over) {
        return;
      }
      if (index < working) {
        phaseOf(index, works.get(kind), batches.get(kind));
      }
      await();
    }
  }

  private void phaseOf(int index, Work kind, Runnable batch) {
    long processor = THREADS.getCurrentThreadCpuTime();
    long begin = System.nanoTime();
    long done = 0;
    do {
      batch.run();
      done += kind.batchOperations;
    } while (System.nanoTime() - begin < PHASE_NS);
    operations[index] = done;
    processorNs[index] = THREADS.getCurrentThreadCpuTime() - processor;
  }

  private void await() {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(
          failed.get() > 0 ? "a thread of the benchmark has failed" : "interrupted", e);
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    over = true;
    await();
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while measuring", e);
    }
  }
}
