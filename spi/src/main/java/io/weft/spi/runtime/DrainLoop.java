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
 * Has work done by one thread at a time, on the threads that bring it: who signals an idle loop
 * goes in and works; who finds somebody in leaves the work to that one. Thread-safe; takes no lock
 * and never waits.
 *
 * <pre>
 *   signal -> [ nobody in ] -> visit: pieces of work, up to a number and a time
 *                                |              |
 *                          nothing left     the rest: a helper's visit, then the next one
 * </pre>
 *
 * <ul>
 *   <li>A visit is bounded, because the thread has only come by: it may be an application's, a
 *       connection's, or the one that keeps time. What is left goes to the helpers.
 *   <li>Whatever a piece throws is told, once, and nothing else is worked on before. If it cannot
 *       be told here (no memory, no stack), a helper tells it; if that fails, too, the loop is left
 *       open, and whoever signals or looks next goes in and tells it.
 *   <li>If the helpers refuse, because they have ended, the visit goes on where it is.
 * </ul>
 */
public final class DrainLoop {
  /*
   * "waiting" counts signals that have not been settled. Who brings it from 0 to 1 is in, until he
   * brings it back to 0, or a helper takes the visit over ("handed"). "left" says that nobody is in
   * although work waits; who takes it is in. It is set without a call, because the stack may be at
   * its end.
   *
   * A call that hands over may throw although the helper has got the task. So a helper is in only
   * if it finds "handed" set, and who could not be sure takes that back first.
   */

  /** Pieces in a visit of a thread that has come by. */
  public static final int MAX_PIECES = 256;

  /** Time of such a visit, but for the piece under way. */
  public static final long MAX_NS = 500_000;

  /** Pieces in a visit of a helper; then other loops have their turn. */
  public static final int MAX_PIECES_OF_HELPER = 1_024;

  /** Time of a visit of a helper, but for the piece under way. */
  public static final long MAX_NS_OF_HELPER = 2_000_000;

  /** Pieces after which what they caused leaves, even if more wait. */
  private static final int MAX_BURST = 32;

  private static final int PIECES_PER_LOOK_AT_CLOCK = 4;

  private static final AtomicIntegerFieldUpdater<DrainLoop> LEFT =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "left");
  private static final AtomicIntegerFieldUpdater<DrainLoop> HANDED =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "handed");

  private final Work work;
  private final int maxPieces;
  private final Executor helpers;
  private final LongSupplier clock;
  private final Consumer<Throwable> onThrown;
  private final Runnable visitOfHelper = this::onHelper;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile int left;
  private volatile int handed;

  /** What was thrown and has not been told yet. */
  private volatile Throwable untold;

  /** Signals that have been worked off and not settled. Owned by whoever is in. */
  private int done;

  /** What there is to do. Called by whoever is in. */
  public interface Work {
    /**
     * Does a part of the work.
     *
     * @param signals that have come, at least 1; one may have come without work
     * @return how many of them are settled by it; 0 if this thread cannot work and a helper has to.
     *     If it throws, one is settled
     */
    int perform(int signals);

    /** Pieces of work in a row begin on this thread. */
    default void begin() {}

    /** They have ended; another thread may be in already. */
    default void end() {}
  }

  /**
   * Makes an idle loop.
   *
   * @param maxPieces of a visit of a thread that has come by, usually {@link #MAX_PIECES}
   * @param helpers run the rest of a visit; if they refuse it, they never run it
   * @param clock in nanoseconds
   * @param onThrown told of what work throws
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

  /** There is work: does it here, for a while, if nobody else does. */
  public void signal() {
    if (goesIn()) {
      visit(maxPieces, MAX_NS);
    }
  }

  /**
   * There is work: does this piece here if nobody is in, but nothing that others bring meanwhile.
   * For a thread that others depend on.
   */
  public void signalBriefly() {
    if (goesIn()) {
      visit(1, MAX_NS);
    }
  }

  /** There is work: has a helper do it if nobody is in. */
  public void signalHelper() {
    if (goesIn()) {
      visit(0, 0);
    }
  }

  /** More than the signals say is left to do; by whoever is in. */
  public void more() {
    waiting.incrementAndGet();
  }

  /** Looks whether the loop was left with work, or with something untold; cheap. */
  public void look() {
    if (left != 0 && LEFT.compareAndSet(this, 1, 0)) {
      visit(maxPieces, MAX_NS);
    } else if (untold != null) {
      tell();
    }
  }

  /** Tells what was thrown while work was brought. */
  public void fail(Throwable thrown) {
    untold = thrown;
    if (isPressing(thrown) || !tell()) {
      signalHelper();
    }
  }

  private boolean goesIn() {
    return waiting.getAndIncrement() == 0 || left != 0 && LEFT.compareAndSet(this, 1, 0);
  }

  private void onHelper() {
    if (HANDED.compareAndSet(this, 1, 0)) {
      visit(MAX_PIECES_OF_HELPER, MAX_NS_OF_HELPER);
    }
  }

  // ---- whoever is in -------------------------------------------------------------------------

  /** Works within the bounds, then has a helper go on; 0 pieces leave everything to the helper. */
  private void visit(int pieces, long ns) {
    boolean in = true;
    try {
      if (pieces == 0 && handOver()) {
        return;
      }
      if (isSilenced()) {
        left = 1;
        return;
      }
      in = drain(pieces == 0 ? Integer.MAX_VALUE : pieces, ns);
      while (in && !handOver()) {
        if (isSilenced()) {
          left = 1;
          return;
        }
        in = drain(Integer.MAX_VALUE, Long.MAX_VALUE);
      }
      if (!in) {
        work.end();
      }
    } catch (Throwable t) { // there was no stack or memory for the loop itself
      untold = t;
      if (in) {
        leave();
      }
    }
  }

  private void leave() {
    if (handed == 0 || HANDED.compareAndSet(this, 1, 0)) {
      left = 1;
    }
  }

  /** Works until nothing is left, and somebody else may be in (false), or a helper has to go on. */
  private boolean drain(int maxPieces, long maxNs) {
    int seen = waiting.get();
    int pieces = 0;
    int inBurst = 0;
    long began = 0;
    work.begin();
    if (done >= seen) {
      seen = settle(); // the last one has thrown what had to be told first
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
          return false; // the caller ends the burst: others need not wait for that
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

  private boolean handOver() {
    handed = 1;
    try {
      helpers.execute(visitOfHelper);
      return true;
    } catch (RejectedExecutionException _) {
      handed = 0;
      return false;
    }
  }

  /** Whether there is something that cannot be told here. */
  private boolean isSilenced() {
    return untold != null && !tell();
  }

  /** Whether it is told now. Any thread; twice does no harm. */
  private boolean tell() {
    Throwable telling = untold;
    if (telling != null) {
      try {
        onThrown.accept(telling);
        untold = null;
      } catch (Throwable _) { // kept: a helper, or whoever comes next, tells it
        return false;
      }
    }
    return true;
  }

  /** Whether this thread has probably no stack or memory left to tell of it. */
  private static boolean isPressing(Throwable thrown) {
    return thrown instanceof VirtualMachineError;
  }
}
