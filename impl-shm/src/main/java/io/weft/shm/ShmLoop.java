// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.spi.peer.PeerLoop;
import io.weft.spi.peer.ReadBatch;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The receiving thread of a node: it polls the rings of all connections, runs tasks and timers, and
 * waits when there is nothing to do.
 *
 * <pre>
 *   poll everything --nothing--> spin for a while --nothing--> announce sleep
 *        ^                                                        |
 *        |                                          look once more, then sleep until woken
 *        +--------------------------------------------------------+
 * </pre>
 *
 * <p>Whoever gives it work looks at the announcement afterwards and wakes it (both sides with a
 * full fence between), so no work is missed. With the {@link Futex}, a sleep ends at the next timer
 * at the latest. Without it, other processes cannot wake this thread: it looks again after pauses
 * that double from {@value #FIRST_PAUSE_NS} to {@value #LAST_PAUSE_NS} ns.
 *
 * <p>Messages that handlers send while records are handled leave together, in one batch for each
 * peer. All state that is not final belongs to the thread; {@link #execute} may be called by any.
 */
final class ShmLoop implements PeerLoop {
  /** Something that the thread polls. Called on the thread. */
  interface Source {
    /**
     * Handles some of what has arrived.
     *
     * @return whether there was anything
     */
    boolean poll();

    /** Whether a poll would find anything; without side effects. */
    boolean hasWork();

    /** Looks whether the process at the other end lives. */
    void checkPeer();

    /** The thread ends: gives up everything, without a report. */
    void close();
  }

  /** A task that runs later, unless it is cancelled. */
  private static final class Deadline implements Timer {
    private final long atNs;
    private final Runnable task;
    private boolean cancelled;

    private Deadline(long atNs, Runnable task) {
      this.atNs = atNs;
      this.task = task;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  /** Time between two looks whether the processes of peers live: 10 ms. */
  private static final long CHECK_NS = 10_000_000;

  /** Connections for which that time is enough; with more it grows. */
  private static final int CHECKED_AT_ONCE = 16;

  /** Most tasks run before the sources have their turn: some tasks leave work to further ones. */
  private static final int MAX_TASKS_OF_A_ROUND = 64;

  private static final long FIRST_PAUSE_NS = 50_000;
  private static final long LAST_PAUSE_NS = 2_000_000;

  private final NodePage page;
  private final ShmSettings.Waiting waiting;
  private final long spinNs;
  private final boolean futexes;
  private final Consumer<Throwable> onThrown;
  private final Thread thread;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile boolean ended;
  private volatile boolean finished;

  // The thread.
  private final PriorityQueue<Deadline> timers =
      new PriorityQueue<>(Comparator.comparingLong((Deadline timer) -> timer.atNs));
  private final List<Source> sources = new ArrayList<>();
  private final ReadBatch batch;
  private long nextCheckNs;

  /**
   * Creates the loop, which runs from {@link #start} on.
   *
   * @param futexes whether it sleeps on the futex of its page
   * @param onThrown receives exceptions of tasks and sources
   */
  ShmLoop(
      NodePage page,
      ShmSettings settings,
      String name,
      boolean futexes,
      Consumer<Throwable> onThrown) {
    this.page = page;
    this.futexes = futexes;
    this.waiting = settings.waiting();
    this.spinNs = settings.spin().toNanos();
    this.batch = new ReadBatch(this, settings.acknowledgeDelay());
    this.onThrown = onThrown;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  // ---- any thread

  @Override
  public void execute(Runnable task) {
    if (finished) {
      throw new RejectedExecutionException("the receiving thread has ended");
    }
    tasks.add(task);
    wake();
    if (finished && tasks.remove(task)) { // it came after the last look
      throw new RejectedExecutionException("the receiving thread has ended");
    }
  }

  /** As {@link #schedule}, from any thread. */
  void executeIn(long delayMs, Runnable task) {
    execute(() -> schedule(task, delayMs));
  }

  @Override
  public Executor unguarded() {
    return this;
  }

  @Override
  public boolean isEnded() {
    return finished;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  private void wake() {
    if (page.wake() && !futexes) {
      LockSupport.unpark(thread);
    }
  }

  /** Ends the thread after the tasks that it has got, and waits for it. */
  void close() {
    ended = true;
    wake();
    boolean interrupted = false;
    while (thread.isAlive() && !isCurrent()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // it ends soon, and the memory must not be unmapped before
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- the thread

  @Override
  public Timer schedule(Runnable task, long delayMs) {
    Deadline timer = new Deadline(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs), task);
    timers.add(timer);
    return timer;
  }

  /** Reports an exception. */
  void onThrown(Throwable thrown) {
    onThrown.accept(thrown);
  }

  void add(Source source) {
    sources.add(source);
  }

  void remove(Source source) {
    sources.remove(source);
  }

  /** Replaces a source by one that goes on where it has ended. */
  void replace(Source before, Source after) {
    int at = sources.indexOf(before);
    if (at >= 0) {
      sources.set(at, after);
    } else {
      sources.add(after);
    }
  }

  @Override
  public boolean flushLater(Batched work) {
    return batch.flushLater(work);
  }

  @Override
  public void acknowledgeLater(Unacknowledged receiver) {
    batch.acknowledgeLater(receiver);
  }

  private void run() {
    nextCheckNs = System.nanoTime();
    try {
      work();
    } finally {
      finished = true;
      while (runTasks()) {
        // what came after the last look
      }
      List.copyOf(sources).forEach(Source::close);
    }
  }

  private void work() {
    try (Arena arena = Arena.ofConfined()) {
      Futex futex = new Futex(arena);
      long lastNs = System.nanoTime();
      long pauseNs = FIRST_PAUSE_NS;
      while (!ended || !tasks.isEmpty()) {
        boolean busy = turn();
        long now = System.nanoTime();
        if (busy) {
          lastNs = now;
          pauseNs = FIRST_PAUSE_NS;
        } else if (now - lastNs < spinNs || waiting == ShmSettings.Waiting.SPIN) {
          Thread.onSpinWait();
        } else if (waiting == ShmSettings.Waiting.YIELD) {
          Thread.yield();
        } else {
          boolean woken = sleep(futex, now, pauseNs);
          pauseNs = woken ? FIRST_PAUSE_NS : Math.min(2 * pauseNs, LAST_PAUSE_NS);
          lastNs = woken ? System.nanoTime() : lastNs; // after the end of a sleep it spins again
        }
      }
    }
  }

  /** One round of everything; whether there was anything to do. */
  private boolean turn() {
    boolean busy = false;
    try {
      busy = runTasks();
      busy |= pollSources();
      busy |= runTimers();
    } catch (Throwable t) {
      onThrown.accept(t);
    }
    return busy;
  }

  private boolean runTasks() {
    boolean any = false;
    for (int i = 0; i < MAX_TASKS_OF_A_ROUND; i++) {
      Runnable task = tasks.poll();
      if (task == null) {
        break;
      }
      any = true;
      guarded(task);
    }
    return any;
  }

  private boolean pollSources() {
    boolean any = false;
    batch.begin();
    try {
      for (int i = 0; i < sources.size(); i++) { // a source may remove itself
        any |= sources.get(i).poll();
      }
    } finally {
      batch.end(any);
    }
    return any;
  }

  private boolean runTimers() {
    long now = System.nanoTime();
    if (now - nextCheckNs >= 0) {
      nextCheckNs = now + CHECK_NS * (1 + sources.size() / CHECKED_AT_ONCE);
      for (Source source : List.copyOf(sources)) {
        source.checkPeer();
      }
    }
    boolean any = false;
    for (Deadline timer = timers.peek();
        timer != null && (timer.cancelled || timer.atNs - now <= 0);
        timer = timers.peek()) {
      timers.poll();
      if (!timer.cancelled) {
        any = true;
        guarded(timer.task);
      }
    }
    return any;
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      onThrown.accept(t);
    }
  }

  /** Sleeps unless there is work; whether it was woken. An exception must not end the thread. */
  private boolean sleep(Futex futex, long now, long pauseNs) {
    try {
      return trySleep(futex, now, pauseNs);
    } catch (Throwable t) {
      onThrown.accept(t);
      return true;
    } finally {
      page.awake();
    }
  }

  private boolean trySleep(Futex futex, long now, long pauseNs) {
    long untilNs = nextCheckNs;
    Deadline next = timers.peek();
    if (next != null && next.atNs - untilNs < 0) {
      untilNs = next.atNs;
    }
    page.announceSleep();
    boolean woken = true;
    if (!hasWork() && untilNs - now > 0) {
      if (futexes) {
        page.sleep(futex, untilNs - now);
      } else {
        LockSupport.parkNanos(this, Math.min(untilNs - now, pauseNs));
      }
      woken = page.isAwake();
    }
    return woken;
  }

  private boolean hasWork() {
    if (ended || !tasks.isEmpty()) {
      return true;
    }
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).hasWork()) {
        return true;
      }
    }
    return false;
  }
}
