// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.Durability;
import io.weft.api.ExclusiveLease;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.plugin.workload.agent.Job;
import io.weft.plugin.workload.agent.JobThreads;
import io.weft.plugin.workload.agent.Patience;
import io.weft.plugin.workload.agent.Tally;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Failures;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * One node's part of a replay.
 *
 * <p>Worker threads pull the node's requests in order and cut them into block accesses; a request
 * is atomic for each block only. An access whose block the node holds is made at once. Any other is
 * started without waiting, and made by the thread that finds the block available. So the blocks of
 * a request are fetched together, and a thread is woken once for many of them. Each access in
 * progress occupies a <em>slot</em>, which owns its scopes; the number of slots bounds the
 * accesses.
 */
public final class ReplayJob implements Job {
  /** The file of the blocks. */
  static final int FILE = 1;

  private final BlockCache cache;
  private final ReplaySettings settings;
  private final VscsiTrace trace;
  private final int[] share;
  private final Pacer pacer;
  private final Tally tally = new Tally();
  private final CounterChecker checker;
  private final AtomicInteger nextInShare = new AtomicInteger();
  private final JobThreads threads = new JobThreads("weft-replay");
  private final List<Worker> workers = new ArrayList<>();

  /** Reads the trace. */
  public ReplayJob(BlockCache cache, ReplaySettings settings, Clock clock) {
    this.cache = cache;
    this.settings = settings;
    trace = VscsiTrace.read(settings.trace(), settings.limit());
    share = trace.shareOf(settings.node(), settings.nodes(), settings.deal());
    pacer = new Pacer(clock, settings.speed());
    checker =
        new CounterChecker(
            settings.node(), settings.nodes(), trace.blocksOf(share), tally.violations);
  }

  @Override
  public void prepare() {
    int slots = Math.max(1, settings.window() / settings.threads());
    for (int i = 0; i < settings.threads(); i++) {
      workers.add(new Worker(slots));
    }
  }

  @Override
  public void run() {
    pacer.start();
    threads.run(workers.size(), workers::get);
  }

  @Override
  public void stop() {
    threads.stop();
  }

  @Override
  public void progress(ObjectNode to) {
    tally.addTo(to);
  }

  @Override
  public void result(ObjectNode to) {
    tally.addTo(to);
    tally.addViolationsTo(to);
    to.put("complete", nextInShare.get() >= share.length && !threads.isStopped());
    to.put("acknowledged", Base64.getEncoder().encodeToString(checker.acknowledged().encoded()));
  }

  @Override
  public void audit(ObjectNode to) {
    // The parent proves a replay from the blocks on disk.
  }

  private boolean givenUp() {
    return !threads.goOn();
  }

  /** One thread that pulls requests, and its slots. */
  private final class Worker implements Runnable {
    private final int slots;

    /** Slots whose access has ended or was refused; filled by any thread, emptied by this one. */
    private final ConcurrentLinkedQueue<Slot> returned = new ConcurrentLinkedQueue<>();

    private final AtomicInteger returnedCount = new AtomicInteger();

    /** Number of returned slots at which this thread is woken. */
    private volatile int wakeAt = Integer.MAX_VALUE;

    private volatile Thread thread;

    /** Gathers the requests between two waits. */
    private BlockCache.Batch batch = () -> {};

    Worker(int slots) {
      this.slots = slots;
      for (int i = 0; i < slots; i++) {
        giveBack(new Slot(this));
      }
    }

    @Override
    public void run() {
      thread = Thread.currentThread();
      batch = cache.newBatch();
      try {
        for (int i = nextInShare.getAndIncrement();
            i < share.length && !givenUp();
            i = nextInShare.getAndIncrement()) {
          replay(share[i]);
        }
        for (int i = 0; i < slots && !givenUp(); i++) {
          take(slots - i);
        }
      } catch (RuntimeException | Error e) {
        threads.fail(e);
      } finally {
        batch.close();
      }
    }

    private void replay(int request) {
      if (pacer.isPaced()) {
        batch.close();
        pacer.await(trace.micros(request), ReplayJob.this::givenUp);
        batch = cache.newBatch();
      }
      long first = trace.firstBlock(request);
      int count = trace.blockCount(request);
      boolean write = trace.isWrite(request);
      if (settings.prefetch() && !write && count > 1) {
        cache.prefetch(FILE, first, count);
      }
      int rank = checker.rankOf(first);
      for (int i = 0; i < count && !givenUp(); i++) {
        // Half of the slots at a time, so that one wake-up pays for many accesses.
        Slot slot = take(Math.max(1, slots / 2));
        if (!givenUp()) {
          slot.begin(rank + i, first + i, write);
        }
      }
      tally.requests.increment();
    }

    /**
     * Takes a free slot. If there is none, waits until {@code enough} slots have returned, and
     * repeats refused accesses meanwhile.
     */
    private Slot take(int enough) {
      while (true) {
        Slot slot = returned.poll();
        if (slot == null) {
          await(enough);
          if (givenUp()) {
            return new Slot(this);
          }
        } else {
          returnedCount.decrementAndGet();
          if (!slot.refused) {
            return slot;
          }
          repeat(slot);
        }
      }
    }

    private void repeat(Slot slot) {
      batch.close();
      LockSupport.parkNanos(Patience.PAUSE_NS);
      batch = cache.newBatch();
      slot.refused = false;
      slot.start();
    }

    private void await(int enough) {
      batch.close(); // gathered requests are sent before this thread waits
      wakeAt = enough;
      while (returnedCount.get() < enough && !givenUp()) {
        LockSupport.park(this);
      }
      wakeAt = Integer.MAX_VALUE;
      batch = cache.newBatch();
    }

    private void giveBack(Slot slot) {
      returned.add(slot);
      if (returnedCount.incrementAndGet() >= wakeAt) {
        wake();
      }
    }

    private void wake() {
      LockSupport.unpark(thread);
    }
  }

  /**
   * One access in progress. Used by the thread that starts it, then by the thread that completes
   * it; the cache hands it over in one direction, the worker's queue in the other.
   */
  private final class Slot {
    private final Worker worker;
    private final Reading reading = cache.newReading();
    private final Change change = cache.newChange();
    private int rank;
    private long block;
    private boolean write;
    private boolean refused;
    private final Patience patience = new Patience();

    Slot(Worker worker) {
      this.worker = worker;
    }

    void begin(int newRank, long newBlock, boolean newWrite) {
      rank = newRank;
      block = newBlock;
      write = newWrite;
      patience.reset();
      start();
    }

    void start() {
      try {
        if (write) {
          startWrite();
        } else {
          startRead();
        }
      } catch (RuntimeException | Error e) {
        onError(e);
      }
    }

    private void startRead() {
      Optional<SharedLease> held = reading.tryShared(FILE, block);
      if (held.isPresent()) {
        attempt(() -> read(held.get()));
      } else {
        reading
            .sharedAsync(FILE, block)
            .whenComplete(
                (lease, error) -> {
                  if (error != null) {
                    onError(error);
                  } else {
                    attempt(() -> read(lease));
                  }
                });
      }
    }

    private void read(SharedLease lease) {
      try (reading;
          lease) {
        checker.onRead(rank, lease);
      }
      tally.blockReads.increment();
      worker.giveBack(this);
    }

    private void startWrite() {
      Optional<ExclusiveLease> held = change.tryExclusive(FILE, block);
      if (held.isPresent()) {
        attempt(() -> writeAtOnce(held.get()));
      } else {
        change
            .exclusiveAsync(FILE, block)
            .whenComplete(
                (lease, error) -> {
                  if (error != null) {
                    onError(error);
                  } else {
                    attempt(() -> write(lease));
                  }
                });
      }
    }

    private void writeAtOnce(ExclusiveLease lease) {
      checker.onWrite(rank, change, lease);
      change.commit(Durability.SYNC);
      onCommitted();
    }

    private void write(ExclusiveLease lease) {
      checker.onWrite(rank, change, lease);
      change
          .commitAsync()
          .whenComplete(
              (_, error) -> {
                if (error != null) {
                  // Its outcome is unknown, so it must not be repeated.
                  threads.fail(error);
                } else {
                  onCommitted();
                }
              });
    }

    private void onCommitted() {
      checker.onAcknowledged(rank);
      tally.blockWrites.increment();
      worker.giveBack(this);
    }

    private void attempt(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        // The block was available, so a repetition does not help. Leases are closed, so that they
        // do not
        // block other callers.
        try (reading;
            change) {
          threads.fail(e);
        } catch (RuntimeException closing) {
          e.addSuppressed(closing);
        }
      }
    }

    /** The block could not be leased. */
    private void onError(Throwable error) {
      Throwable cause = Failures.unwrapped(error);
      if (patience.bears(cause)) {
        tally.retries.increment();
        refused = true;
        worker.giveBack(this);
      } else {
        threads.fail(cause);
      }
    }
  }
}
