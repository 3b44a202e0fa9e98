// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.runtime;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Runs work on one thread at a time, using the threads that submit it. A thread that signals an
 * idle loop becomes the <em>draining thread</em> and does the work. A thread that signals a busy
 * loop leaves its work to the draining thread. Thread-safe. Takes no lock and never waits.
 *
 * <pre>
 *   signal -> [ loop idle ] -> visit: pieces of work, up to a number and a time
 *                                |              |
 *                          nothing left     work left: visits of helpers until nothing is left
 * </pre>
 *
 * <ul>
 *   <li>A visit is bounded, because the draining thread has other duties: it may be a thread of an
 *       application, of a connection, or of the timer. The remaining work goes to the helpers.
 *   <li>An exception of a piece is reported before any other piece runs; in rare cases it is
 *       reported twice. If this thread cannot report it (no memory, no stack), a helper reports it.
 *       If that fails, too, the loop is marked as left. The next thread that calls {@link #signal}
 *       or {@link #look} then becomes the draining thread and reports it.
 *   <li>If the helpers refuse the task, because they have been closed, the visit continues on the
 *       same thread.
 * </ul>
 */
public final class DrainLoop {
  /*
   * "waiting" counts signals that have not been settled. The thread that raises it from 0 to 1 is
   * the draining thread. It stays so until it lowers "waiting" to 0, or a helper takes over
   * ("handed"). "left" means that work waits but there is no draining thread. The thread that
   * clears "left" becomes the draining thread.
   *
   * The hand-over call may throw although a helper has received the task, and the helper may run at
   * once. So a thread that continues after "handed" was set clears it by compare-and-set first: the
   * helper, the thread whose task was refused, or a later thread that finds "doubtful". "doubtful"
   * means that a hand-over has thrown, and that it is not known whether a helper continues.
   *
   * "left" and "doubtful" are set by plain assignments, because the stack may be exhausted. They are
   * two fields, because the thread in doubt may be slow: it must not overwrite what a later draining
   * thread has stated.
   */

  /** Largest number of pieces in a visit of a signalling thread. */
  public static final int MAX_PIECES = 256;

  /** Longest time of such a visit in nanoseconds, not counting the last piece. */
  public static final long MAX_NS = 500_000;

  /** Largest number of pieces in a visit of a helper. Then the helper serves other loops. */
  public static final int MAX_PIECES_OF_HELPER = 1_024;

  /** Longest time of a visit of a helper in nanoseconds, not counting the last piece. */
  public static final long MAX_NS_OF_HELPER = 2_000_000;

  /**
   * Number of pieces after which the messages that they caused are sent, even if more pieces wait.
   */
  private static final int MAX_BURST = 32;

  private static final int PIECES_PER_LOOK_AT_CLOCK = 4;

  private static final AtomicIntegerFieldUpdater<DrainLoop> LEFT =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "left");
  private static final AtomicIntegerFieldUpdater<DrainLoop> HANDED =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "handed");
  private static final AtomicIntegerFieldUpdater<DrainLoop> DOUBTFUL =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "doubtful");

  private final Work work;
  private final int maxPieces;
  private final Executor helpers;
  private final LongSupplier clock;
  private final Consumer<Throwable> onThrown;
  private final Runnable visitOfHelper = this::onHelper;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile int left;
  private volatile int handed;
  private volatile int doubtful;

  /** An exception that has not been reported yet. */
  private volatile Throwable untold;

  /** Signals that have been processed but not settled. Owned by the draining thread. */
  private int done;

  /** The work of a loop. Called by the draining thread only. */
  public interface Work {
    /**
     * Does one piece of the work. If it throws, one signal counts as settled.
     *
     * @param signals number of unsettled signals, 1 or larger; a signal may have come without work
     * @return how many of them this piece settles; 0 if this thread cannot do the work and a helper
     *     must
     */
    int perform(int signals);

    /** A sequence of pieces begins on this thread. */
    default void begin() {}

    /** The sequence has ended. Another thread may already be the draining thread. */
    default void end() {}
  }

  /**
   * Creates an idle loop.
   *
   * @param work the work
   * @param maxPieces largest number of pieces in a visit of a signalling thread, usually {@link
   *     #MAX_PIECES}
   * @param helpers run the remaining work; if they refuse a task, they never run it
   * @param clock monotonic time in nanoseconds
   * @param onThrown receives the exceptions that the work throws
   */
  public DrainLoop(
      Work work,
      int maxPieces,
      Executor helpers,
      LongSupplier clock,
      Consumer<Throwable> onThrown) {
    this.work = work;
    this.maxPieces = maxPieces;
    this.helpers = helpers;
    this.clock = clock;
    this.onThrown = onThrown;
  }

  // ---- any thread ----------------------------------------------------------------------------

  /** Reports new work. If the loop is idle, does work on this thread for one visit. */
  public void signal() {
    if (goesIn()) {
      visit(maxPieces, MAX_NS);
    }
  }

  /**
   * Reports new work. If the loop is idle, does one piece on this thread and leaves later work to a
   * helper. For a thread on which other components depend.
   */
  public void signalBriefly() {
    if (goesIn()) {
      visit(1, MAX_NS);
    }
  }

  /** Reports new work. If the loop is idle, a helper does the work. */
  public void signalHelper() {
    if (goesIn()) {
      visit(0, 0);
    }
  }

  /**
   * Adds one signal, because a piece has left more work than the signals count. Draining thread
   * only.
   */
  public void more() {
    waiting.incrementAndGet();
  }

  /**
   * Checks whether the loop was left with work or with an unreported exception, and if so continues
   * it. Any thread. Cheap.
   */
  public void look() {
    if (takesUp()) {
      visit(maxPieces, MAX_NS);
    } else if (untold != null) {
      tell();
    }
  }

  /** Reports an exception that was thrown while work was being submitted. Any thread. */
  public void fail(Throwable thrown) {
    untold = thrown;
    if (isPressing(thrown) || !tell()) {
      signalHelper();
    }
  }

  private boolean goesIn() {
    return waiting.getAndIncrement() == 0 || takesUp();
  }

  /** Becomes the draining thread of a loop that has none, although work waits. */
  private boolean takesUp() {
    return left != 0 && LEFT.compareAndSet(this, 1, 0)
        || doubtful != 0 && DOUBTFUL.compareAndSet(this, 1, 0) && takesOver();
  }

  /** Ends a hand-over by becoming the draining thread. One thread succeeds. */
  private boolean takesOver() {
    return HANDED.compareAndSet(this, 1, 0);
  }

  private void onHelper() {
    if (takesOver()) {
      visit(MAX_PIECES_OF_HELPER, MAX_NS_OF_HELPER);
    }
  }

  // ---- draining thread -----------------------------------------------------------------------

  /**
   * Works within the bounds, then hands the rest to a helper. With 0 pieces all work goes to the
   * helper.
   */
  private void visit(int pieces, long ns) {
    boolean in = true;
    boolean handing = false;
    boolean bounded = pieces > 0;
    try {
      while (in) {
        if (!bounded) {
          handing = true;
          handed = 1;
          if (handOver()) {
            return;
          }
          handing = false;
        }
        if (isSilenced()) {
          left = 1;
          return;
        }
        in = bounded ? drain(pieces, ns) : drain(Integer.MAX_VALUE, Long.MAX_VALUE);
        bounded = false;
      }
      work.end();
    } catch (Throwable t) { // there was no stack or memory for the loop itself
      untold = t;
      if (handing) {
        doubtful = 1;
      } else if (in) {
        left = 1;
      }
    }
  }

  /**
   * Works until nothing is left or a bound is reached. False: nothing is left, and another thread
   * may be the draining thread. True: a helper must continue.
   */
  private boolean drain(int maxPieces, long maxNs) {
    int seen = waiting.get();
    int pieces = 0;
    int inBurst = 0;
    long began = 0;
    work.begin();
    if (done >= seen) {
      seen = settle(); // the exception of the last piece had to be reported first
      if (seen == 0) {
        return false;
      }
    }
    while (true) {
      int settled = perform(seen - done);
      done += settled;
      if (settled == 0 || untold != null) {
        work.end();
        return true;
      }
      if (done >= seen) {
        seen = settle();
        if (seen == 0) {
          return false; // the caller ends the burst: other threads need not wait for that
        }
      }
      if (++pieces == 1) {
        began = clock.getAsLong();
      }
      if (pieces >= maxPieces || isLate(pieces, began, maxNs)) {
        work.end();
        return true;
      }
      if (++inBurst == MAX_BURST) {
        inBurst = 0;
        work.end();
        work.begin();
      }
    }
  }

  private int settle() {
    int settling = done;
    done = 0;
    return waiting.addAndGet(-settling);
  }

  private boolean isLate(int pieces, long began, long maxNs) {
    return pieces % PIECES_PER_LOOK_AT_CLOCK == 0 && clock.getAsLong() - began >= maxNs;
  }

  private int perform(int signals) {
    try {
      return work.perform(signals);
    } catch (Throwable t) {
      untold = t;
      if (!isPressing(t)) {
        tell();
      }
      return 1;
    }
  }

  /** Whether another thread continues. "handed" is set. */
  private boolean handOver() {
    try {
      helpers.execute(visitOfHelper);
      return true;
    } catch (RejectedExecutionException _) {
      return !takesOver(); // the task of an earlier hand-over that threw may have been faster
    }
  }

  /** Whether there is an exception that this thread cannot report. */
  private boolean isSilenced() {
    return untold != null && !tell();
  }

  /**
   * Reports the exception, if there is one; true if none is left. Any thread. A repeated report
   * does no harm.
   */
  private boolean tell() {
    Throwable telling = untold;
    if (telling != null) {
      try {
        onThrown.accept(telling);
        untold = null;
      } catch (Throwable _) { // kept: a helper or a later caller reports it
        return false;
      }
    }
    return true;
  }

  /** Whether this thread probably has too little stack or memory to report the exception. */
  private static boolean isPressing(Throwable thrown) {
    return thrown instanceof VirtualMachineError;
  }
}
