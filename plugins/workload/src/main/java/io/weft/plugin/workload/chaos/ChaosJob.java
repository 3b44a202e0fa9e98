// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.Category;
import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.Locks;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.api.WeftException;
import io.weft.plugin.workload.agent.Job;
import io.weft.plugin.workload.agent.JobThreads;
import io.weft.plugin.workload.agent.Patience;
import io.weft.plugin.workload.agent.Tally;
import io.weft.plugin.workload.chaos.OperationLine.Access;
import io.weft.plugin.workload.chaos.OperationLine.Announcement;
import io.weft.plugin.workload.chaos.OperationLine.Ending;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Mix;
import io.weft.plugin.workload.shared.ValueBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One node's part of a chaos run: strict reads, and durable changes of one or two blocks, each with
 * a value that nobody else writes. The parent is told of everything, line by line ({@link
 * OperationLine}), and judges it.
 */
public final class ChaosJob implements Job {
  /** Of 100 operations, how many are reads; the rest, after changes of one block, change two. */
  private static final int READS = 50;

  private static final int CHANGES = 40;

  /** Half of all operations go to this part of the blocks. */
  private static final int HOT_PART = 10;

  /** After one operation in so many, a counter is updated under its global lock. */
  private static final int UPDATE_ONE_IN = 8;

  /** After a stall the rate is not made up for longer than this. */
  private static final long MAX_ARREARS_NS = 200_000_000;

  /** The thread number of the audit. */
  private static final int AUDITOR = 255;

  private final BlockCache cache;
  private final Optional<Locks> locks;
  private final ChaosSettings settings;
  private final Consumer<ObjectNode> parent;
  private final Tally tally = new Tally();
  private final JobThreads threads = new JobThreads("weft-chaos");

  /**
   * Makes the job; nothing is touched yet.
   *
   * @param locks of the node; empty if it does not use them
   */
  public ChaosJob(
      BlockCache cache,
      Optional<Locks> locks,
      ChaosSettings settings,
      Consumer<ObjectNode> parent) {
    this.cache = cache;
    this.locks = locks;
    this.settings = settings;
    this.parent = parent;
  }

  /** An operation to be done: a read of one block, or a write of some. */
  private record Plan(List<Integer> blocks, Optional<Announcement> write) {}

  @Override
  public void prepare() {}

  @Override
  public void run() {
    threads.run(settings.threads(), number -> new Worker(number)::work);
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
  }

  /** Reads every block once. */
  @Override
  public void audit(ObjectNode to) {
    Worker auditor = new Worker(AUDITOR);
    for (int block = 0; block < settings.blocks(); block++) {
      auditor.readPatiently(block);
    }
    locks.ifPresent(_ -> to.put("lockedUpdates", LockedCounters.sum(cache)));
    result(to);
  }

  /** One thread's work. */
  private final class Worker {
    private final int thread;
    private final SplittableRandom random;
    private final Reading reading = cache.newReading();
    private final Change change = cache.newChange();
    private final Optional<LockedCounters> counters;
    private long written;

    Worker(int thread) {
      this.thread = thread;
      random = new SplittableRandom(Mix.of(settings.seed() + settings.life() * 256L + thread));
      counters = locks.map(all -> new LockedCounters(cache, all, random, tally));
      written = ((long) settings.life() << 40) + ((long) thread << 32);
    }

    void work() {
      long periodNs = 1_000_000_000L * settings.threads() / settings.rate();
      // Not all threads at the same moment.
      long dueNs = Clock.SYSTEM.nanoTime() + random.nextLong(periodNs);
      Plan plan = plan();
      tell(Ending.IDLE, List.of(), plan.write());
      while (threads.goOn()) {
        long waitNs = dueNs - Clock.SYSTEM.nanoTime();
        if (waitNs > 0) {
          Clock.SYSTEM.park(waitNs);
          continue;
        }
        dueNs = Math.max(dueNs + periodNs, dueNs - waitNs - MAX_ARREARS_NS);
        Plan next = plan();
        execute(plan, next);
        plan = next;
        if (counters.isPresent() && random.nextInt(UPDATE_ONE_IN) == 0) {
          update(counters.get());
        }
      }
      if (!threads.hasFailed()) {
        tell(Ending.IDLE, List.of(), Optional.empty());
      }
    }

    /** Updates a counter under its lock. */
    private void update(LockedCounters all) {
      try {
        all.update();
      } catch (WeftException e) {
        if (e.code().category() == Category.RETRYABLE
            || e.code().category() == Category.UNDECIDED) {
          tally.retries.increment();
        } else {
          threads.fail(e);
        }
      }
    }

    private Plan plan() {
      int dice = random.nextInt(100);
      int block = block();
      if (dice < READS) {
        return new Plan(List.of(block), Optional.empty());
      }
      int other = block();
      List<Integer> blocks =
          dice < READS + CHANGES || other == block
              ? List.of(block)
              : List.of(Math.min(block, other), Math.max(block, other));
      return new Plan(
          blocks, Optional.of(new Announcement(++written, Clock.SYSTEM.nanoTime(), blocks)));
    }

    private int block() {
      return random.nextBoolean()
          ? random.nextInt(Math.max(1, settings.blocks() / HOT_PART))
          : random.nextInt(settings.blocks());
    }

    /** Does an operation and tells how it ended and what comes next. */
    private void execute(Plan plan, Plan next) {
      boolean[] committing = {false};
      try {
        List<Access> accesses =
            plan.write().isPresent()
                ? write(plan.write().get(), committing)
                : List.of(read(plan.blocks().getFirst()));
        tally.requests.increment();
        tell(Ending.DONE, accesses, next.write());
      } catch (WeftException e) {
        Ending ending = committing[0] ? Ending.OPEN : Ending.NOTHING;
        if (e.code().category() == Category.RETRYABLE
            || e.code().category() == Category.UNDECIDED) {
          tally.retries.increment();
          tell(ending, List.of(), next.write());
          LockSupport.parkNanos(Patience.PAUSE_NS);
        } else {
          tell(ending, List.of(), Optional.empty());
          threads.fail(e);
        }
      } catch (RuntimeException | Error e) {
        // A defect: what it left behind is judged as if the node had died here.
        threads.fail(e);
      }
    }

    private Access read(int block) {
      long invokeNs = Clock.SYSTEM.nanoTime();
      long value;
      long version;
      try (reading) {
        SharedLease lease = reading.shared(ChaosSettings.FILE, ChaosSettings.number(block));
        value = checked(lease);
        version = lease.version();
        lease.close(); // Only now it counts.
      }
      tally.blockReads.increment();
      return new Access(block, false, value, 0, version, invokeNs, Clock.SYSTEM.nanoTime());
    }

    private List<Access> write(Announcement write, boolean[] committing) {
      long invokeNs = Clock.SYSTEM.nanoTime();
      int count = write.blocks().size();
      long[] observed = new long[count];
      long[] versions = new long[count];
      try (change) {
        for (int i = 0; i < count; i++) {
          ExclusiveLease lease =
              change.exclusive(ChaosSettings.FILE, ChaosSettings.number(write.blocks().get(i)));
          observed[i] = checked(lease);
          versions[i] = lease.version() + 1;
          ValueBlock.write(change, lease, write.written());
        }
        committing[0] = true;
        change.commit();
      }
      long completeNs = Clock.SYSTEM.nanoTime();
      tally.blockWrites.add(count);
      List<Access> accesses = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        accesses.add(
            new Access(
                write.blocks().get(i),
                true,
                observed[i],
                write.written(),
                versions[i],
                invokeNs,
                completeNs));
      }
      return accesses;
    }

    /** For the audit: a block that cannot be had for the moment is asked for again. */
    void readPatiently(int block) {
      new Patience()
          .repeat(() -> tell(Ending.DONE, List.of(read(block)), Optional.empty()), () -> {});
    }

    private long checked(SharedLease lease) {
      long value = ValueBlock.value(lease.content());
      if (!ValueBlock.isWhole(lease.file(), lease.number(), lease.content())) {
        tally.violations.add(
            String.format(
                Locale.ROOT,
                "block %d:%d (version %d, %s): the value %d is broken",
                lease.file(),
                lease.number(),
                lease.version(),
                lease.mode(),
                value));
      }
      return value;
    }

    private void tell(Ending ending, List<Access> accesses, Optional<Announcement> next) {
      parent.accept(new OperationLine(thread, ending, accesses, next).toEvent());
    }
  }
}
