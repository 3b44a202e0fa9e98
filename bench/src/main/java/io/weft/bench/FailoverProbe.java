// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.Node;
import io.weft.api.NodeSet;
import io.weft.api.Reading;
import io.weft.api.RecoveryPhase;
import io.weft.api.SharedLease;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * The part of a node in {@link FailoverBenchmark} and {@link PlannedBenchmark}: holds blocks,
 * measures stalls, and waits for views.
 */
final class FailoverProbe {
  /** Interval of touches: 0.2 ms. */
  private static final long PACE_NS = 200_000;

  /** Interval at which the view is polled: 0.1 ms. */
  private static final long LOOK_NS = 100_000;

  /** Threads that read or change the blocks to hold. */
  private static final int HOLDERS = 8;

  /** Threads that read the killed node's blocks. */
  private static final int READERS = 4;

  /** Precision of the measured touches: 0.1 %. */
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Node node;
  private final BlockCache cache;
  private final Recorder touches = new Recorder(SIGNIFICANT_DIGITS);

  FailoverProbe(Node node) {
    this.node = node;
    cache = node.cache();
  }

  /** Reads blocks, each once, so that they are in the cache. */
  void hold(int file, int count) {
    onThreads(HOLDERS, holder -> readEach(file, holder, count));
  }

  private void readEach(int file, int first, int end) {
    Reading reading = cache.newReading();
    for (int number = first; number < end; number += HOLDERS) {
      read(reading, file, number);
    }
  }

  private static void read(Reading reading, int file, long number) {
    try (SharedLease lease = reading.shared(file, number)) {
      lease.content().get(JAVA_LONG, 0);
    }
  }

  /** Changes blocks, each once; all of it is durable afterwards. */
  void change(int file, int count) {
    onThreads(HOLDERS, holder -> changeEach(file, holder, count));
  }

  private void changeEach(int file, int first, int end) {
    Change change = cache.newChange();
    for (int number = first; number < end; number += HOLDERS) {
      boolean last = number + HOLDERS >= end;
      touch(change, file, number, last ? Durability.SYNC : Durability.ASYNC);
    }
  }

  private static void touch(Change change, int file, long number, Durability durability) {
    ExclusiveLease lease = change.exclusive(file, number);
    var counter = change.writable(lease, 0, Long.BYTES);
    counter.set(JAVA_LONG, 0, counter.get(JAVA_LONG, 0) + 1);
    change.commit(durability);
  }

  /** Starts a thread that continuously touches blocks. */
  void pulse(int file, long[] numbers) {
    Change change = cache.newChange();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              for (int i = 0; ; i = (i + 1) % numbers.length) {
                long start = System.nanoTime();
                touch(change, file, numbers[i], Durability.ASYNC);
                long tookNs = System.nanoTime() - start;
                touches.recordValue(tookNs);
                LockSupport.parkNanos(PACE_NS);
              }
            });
  }

  /** Drops the measurements. */
  void mark() {
    touches.reset();
  }

  /** The touches since the mark, in nanoseconds. */
  Histogram felt() {
    return touches.getIntervalHistogram();
  }

  /**
   * Waits until a view of exactly the nodes 0 to {@code members - 1} is complete here; returns the
   * time at which that was seen.
   */
  long settled(int members) {
    while (!node.view().memberIds().equals(NodeSet.ofFirst(members))
        || node.recovery().filter(now -> now.phase() == RecoveryPhase.COMPLETE).isEmpty()) {
      LockSupport.parkNanos(LOOK_NS);
    }
    return System.nanoTime();
  }

  /**
   * Reads random blocks of a killed node on several threads, until a view without it is complete,
   * and for a minimum time.
   *
   * @param killedNs {@link System#nanoTime} just before the kill
   */
  Reached reach(int file, int count, long killedNs, long windowNs, int members) {
    AtomicLong longest = new AtomicLong();
    AtomicLong settled = new AtomicLong();
    onThreads(
        READERS + 1,
        thread -> {
          if (thread == READERS) {
            settled.set(settled(members));
            return;
          }
          Reading reading = cache.newReading();
          Random random = new Random(killedNs + thread);
          long asked = killedNs; // the first read counts from the kill
          while (settled.get() == 0 || System.nanoTime() - killedNs < windowNs) {
            read(reading, file, random.nextInt(count));
            long now = System.nanoTime();
            longest.accumulateAndGet(now - asked, Math::max);
            asked = now;
          }
        });
    long settledNs = settled.get() - killedNs;
    long recoveryMs = node.recovery().orElseThrow().elapsedMillis();
    return new Reached(longest.get(), settledNs, settledNs - recoveryMs * 1_000_000);
  }

  /**
   * The measurements of the readers of the killed node's blocks. Times are nanoseconds since the
   * kill.
   *
   * @param longestNs the longest read
   * @param settledNs until the view was complete
   * @param detectedNs until this node noticed that a connection broke
   */
  record Reached(long longestNs, long settledNs, long detectedNs) {}

  private static void onThreads(int count, IntConsumer work) {
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int thread = i;
        done.add(threads.submit(() -> work.accept(thread)));
      }
      for (Future<?> each : done) {
        each.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("a thread of the probe has failed", e);
    }
  }
}
