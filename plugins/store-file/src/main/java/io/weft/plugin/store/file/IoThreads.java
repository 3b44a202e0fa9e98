// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The I/O threads of a store, {@code weft-io-0} and so on, with one queue. Thread-safe; submitting
 * never blocks. Idle threads are parked.
 */
final class IoThreads implements AutoCloseable {
  /*
   * Waking a parked thread costs the submitter more than reading a block from the page cache. So at
   * most one wake-up is in progress at a time. A thread that takes a task while others wait wakes
   * the next thread before it starts, so a burst still gets all threads, one after the other.
   *
   * No wake-up is lost. A submitter that finds one in progress (wakeUnderWay) has already queued
   * its task; the woken thread clears the mark before it reads the queue, so it sees the task. A
   * thread that becomes idle marks itself first and checks the queue again. A thread that sets the
   * mark and finds no idle thread clears it and checks again, too.
   */

  /**
   * Most queued tasks at which a read is accepted; prefetches of a large cache reach this number.
   */
  static final int MAX_WAITING = 65_536;

  /** Pause before an exception is reported again that could not be reported for lack of memory. */
  private static final long REPORT_AGAIN_NS = 50_000_000;

  private final Thread[] threads;
  private final Consumer<Throwable> onThrown;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong idle = new AtomicLong(); // a bit for each parked thread
  private final AtomicBoolean wakeUnderWay = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Starts the threads.
   *
   * @param count 1 to 64
   * @param onThrown receives exceptions of tasks; the thread continues
   */
  IoThreads(int count, Consumer<Throwable> onThrown) {
    this.onThrown = onThrown;
    this.threads = new Thread[count];
    for (int i = 0; i < count; i++) {
      int index = i;
      threads[i] = Thread.ofPlatform().name("weft-io-" + i).daemon().unstarted(() -> run(index));
    }
    for (Thread thread : threads) {
      thread.start();
    }
  }

  /** Queues a read. Returns false if too many tasks wait or the threads have been closed. */
  boolean submitRead(Runnable read) {
    return submit(read, MAX_WAITING);
  }

  /**
   * Queues a write, or another task that its caller bounds. Returns false only if the threads have
   * been closed: a node that cannot write must stop, so reads must not take the place of writes.
   */
  boolean submit(Runnable task) {
    return submit(task, Integer.MAX_VALUE);
  }

  private boolean submit(Runnable task, int most) {
    if (waiting.incrementAndGet() > most || closed) {
      waiting.decrementAndGet();
      return false;
    }
    tasks.add(task);
    wakeOne();
    return true;
  }

  /** Whether the caller runs on one of these threads. */
  boolean isCurrent() {
    for (Thread thread : threads) {
      if (thread == Thread.currentThread()) {
        return true;
      }
    }
    return false;
  }

  /** Finishes queued tasks and ends the threads, without a time limit. */
  @Override
  public void close() {
    close(Long.MAX_VALUE);
  }

  /**
   * Finishes queued tasks and ends the threads.
   *
   * @return whether they have ended in time; otherwise they continue until they have finished
   */
  boolean close(long limitNs) {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    long begin = System.nanoTime();
    for (Thread thread : threads) {
      Uninterruptibly.join(thread, limitNs - (System.nanoTime() - begin));
    }
    return Stream.of(threads).noneMatch(Thread::isAlive);
  }

  /** Approximate number of tasks queued or in progress. */
  int unfinished() {
    return waiting.get() + (int) Stream.of(threads).filter(Thread::isAlive).count();
  }

  private void run(int index) {
    while (true) {
      Runnable task = tasks.poll();
      if (task != null) {
        waiting.decrementAndGet();
        if (!tasks.isEmpty()) {
          wakeOne();
        }
        perform(task);
      } else if (!closed) {
        awaitWake(index);
      } else if (waiting.get() == 0) {
        return;
      } else {
        Thread.onSpinWait(); // a submitter that was admitted before the close is about to add its
        // task
      }
    }
  }

  private void perform(Runnable task) {
    Thread.interrupted(); // an interrupt, left by a completion, would close the file
    try {
      task.run();
    } catch (Throwable t) { // if the thread ended, its callers would wait without end
      while (!isReported(t)) {
        LockSupport.parkNanos(this, REPORT_AGAIN_NS);
      }
    }
  }

  /** Reports an exception; false if there is not enough memory for that. */
  private boolean isReported(Throwable thrown) {
    try {
      onThrown.accept(thrown);
      return true;
    } catch (Throwable _) {
      return closed;
    }
  }

  private void awaitWake(int index) {
    long bit = 1L << index;
    idle.getAndUpdate(bits -> bits | bit);
    if ((!tasks.isEmpty() || closed) && takeBit(bit)) {
      return;
    }
    while ((idle.get() & bit) != 0) {
      if (closed) {
        return;
      }
      LockSupport.park(this);
      Thread.interrupted(); // or an idle thread that was interrupted would never park again
    }
    wakeUnderWay.set(false);
  }

  private void wakeOne() {
    do {
      if (idle.get() == 0 || !wakeUnderWay.compareAndSet(false, true)) {
        return;
      }
      long bit = Long.lowestOneBit(idle.get());
      if (bit != 0 && takeBit(bit)) {
        LockSupport.unpark(threads[Long.numberOfTrailingZeros(bit)]);
        return;
      }
      wakeUnderWay.set(false);
    } while (!tasks.isEmpty());
  }

  /** Clears a bit of the idle threads; returns whether this call did it. */
  private boolean takeBit(long bit) {
    return (idle.getAndUpdate(bits -> bits & ~bit) & bit) != 0;
  }
}
