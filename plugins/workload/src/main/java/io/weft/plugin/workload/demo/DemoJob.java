// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.plugin.workload.agent.Job;
import io.weft.plugin.workload.agent.JobThreads;
import io.weft.plugin.workload.agent.Patience;
import io.weft.plugin.workload.agent.Tally;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Mix;
import io.weft.plugin.workload.shared.ValueBlock;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;

/**
 * One node's part of the demo: transfers between accounts, looks at accounts, and increments of hot
 * counters, by threads that wait for their blocks as an application would.
 *
 * <p>Of the accounts, each node prefers a part of its own, so that its cache has something to keep;
 * every other one is touched, too. The counters belong to nobody.
 */
public final class DemoJob implements Job {
  /** Of 100 operations, how many are transfers; the rest, after looks, are increments. */
  private static final int TRANSFERS = 75;

  private static final int LOOKS = 20;

  /** Accounts seen by one look. */
  private static final int LOOK_ACCOUNTS = 3;

  /** Of 100 accounts, how many a node picks from its own part. */
  private static final int HOME = 90;

  /** Largest amount of a transfer. */
  private static final int MAX_AMOUNT = 100;

  private final BlockCache cache;
  private final DemoSettings settings;
  private final Consumer<ObjectNode> parent;
  private final Tally tally = new Tally();
  private final AtomicLongArray increments;
  private final JobThreads threads = new JobThreads("weft-demo");

  /**
   * Makes the job; nothing is touched yet.
   *
   * @param parent is told what was acknowledged, if the settings say so
   */
  public DemoJob(BlockCache cache, DemoSettings settings, Consumer<ObjectNode> parent) {
    this.cache = cache;
    this.settings = settings;
    this.parent = parent;
    increments = new AtomicLongArray(settings.counters());
  }

  /** Opens this node's part of the accounts. */
  @Override
  public void prepare() {
    if (settings.opened()) {
      return;
    }
    Change change = cache.newChange();
    Patience patience = new Patience();
    for (int i = homeStart(settings.node()); i < homeStart(settings.node() + 1); i++) {
      int account = i;
      patiently(patience, () -> open(account, change));
    }
  }

  @Override
  public void run() {
    threads.run(
        settings.threads(),
        number -> {
          var random = new SplittableRandom(Mix.of(settings.node() * 1000L + number));
          return () -> work(random);
        });
  }

  @Override
  public void stop() {
    threads.stop();
  }

  @Override
  public void mark() {
    tally.longestNs.reset();
  }

  @Override
  public void progress(ObjectNode to) {
    tally.addTo(to);
    var acknowledged = to.putArray("increments");
    for (int i = 0; i < increments.length(); i++) {
      acknowledged.add(increments.get(i));
    }
  }

  @Override
  public void result(ObjectNode to) {
    progress(to);
    tally.addViolationsTo(to);
  }

  @Override
  public void audit(ObjectNode to) {
    Reading reading = cache.newReading();
    Patience patience = new Patience();
    long[] sum = {0};
    long[] versions = {0};
    for (int i = 0; i < settings.accounts(); i++) {
      int account = i;
      patiently(patience, () -> sum[0] += read(reading, DemoSettings.ACCOUNTS, account, versions));
    }
    to.put("sum", sum[0]);
    var counters = to.putArray("counters");
    for (int i = 0; i < settings.counters(); i++) {
      int counter = i;
      patiently(
          patience, () -> counters.add(read(reading, DemoSettings.COUNTERS, counter, versions)));
    }
    to.put("versions", versions[0]);
    to.put("violations", tally.violations.count());
    tally.addLongestTo(to);
    tally.addViolationsTo(to);
  }

  private void work(SplittableRandom random) {
    Reading reading = cache.newReading();
    Change change = cache.newChange();
    Patience patience = new Patience();
    try {
      while (threads.goOn()) {
        long startNs = Clock.SYSTEM.nanoTime();
        patiently(patience, () -> operate(random, reading, change));
        tally.longestNs.accumulate(Clock.SYSTEM.nanoTime() - startNs);
        tally.requests.increment();
      }
    } catch (RuntimeException | Error e) {
      threads.fail(e);
    }
  }

  /** Does something that has no effect when it is refused, until it is not. */
  private void patiently(Patience patience, Runnable step) {
    patience.repeat(step, tally.retries::increment);
  }

  private void open(int account, Change change) {
    try (change) {
      ValueBlock.write(
          change, change.exclusive(DemoSettings.ACCOUNTS, account), DemoSettings.INITIAL_BALANCE);
      Patience.commit(change);
    }
  }

  private void operate(SplittableRandom random, Reading reading, Change change) {
    int dice = random.nextInt(100);
    if (dice < TRANSFERS && settings.accounts() > 1) {
      transfer(random, change);
    } else if (dice < TRANSFERS + LOOKS) {
      look(random, reading);
    } else {
      increment(random.nextInt(settings.counters()), change);
    }
  }

  private void transfer(SplittableRandom random, Change change) {
    int one = account(random);
    int other = account(random);
    if (one == other) {
      other = (one + 1) % settings.accounts();
    }
    try (change) {
      // Leases are taken in ascending order (API-5); which way the money goes is chosen apart.
      ExclusiveLease low = change.exclusive(DemoSettings.ACCOUNTS, Math.min(one, other));
      ExclusiveLease high = change.exclusive(DemoSettings.ACCOUNTS, Math.max(one, other));
      boolean upwards = random.nextBoolean();
      long lowBalance = checked(low);
      long highBalance = checked(high);
      long amount = Math.min(1 + random.nextInt(MAX_AMOUNT), upwards ? lowBalance : highBalance);
      ValueBlock.write(change, low, upwards ? lowBalance - amount : lowBalance + amount);
      ValueBlock.write(change, high, upwards ? highBalance + amount : highBalance - amount);
      Patience.commit(change);
    }
    acknowledge(DemoLedger.NO_COUNTER, 2);
  }

  private void look(SplittableRandom random, Reading reading) {
    int first = Math.min(account(random), Math.max(0, settings.accounts() - LOOK_ACCOUNTS));
    int end = Math.min(first + LOOK_ACCOUNTS, settings.accounts());
    try (reading) {
      for (int i = first; i < end; i++) {
        checked(reading.shared(DemoSettings.ACCOUNTS, i));
      }
    }
    tally.blockReads.add(end - first);
  }

  private void increment(int counter, Change change) {
    try (change) {
      ExclusiveLease lease = change.exclusive(DemoSettings.COUNTERS, counter);
      ValueBlock.write(change, lease, checked(lease) + 1);
      Patience.commit(change);
    }
    // Only now: the commit has been acknowledged.
    increments.incrementAndGet(counter);
    acknowledge(counter, 1);
  }

  /** A change has been acknowledged; a thread has no other one under way until it has told so. */
  private void acknowledge(int counter, int blocks) {
    tally.blockWrites.add(blocks);
    if (settings.acknowledging()) {
      parent.accept(DemoLedger.acknowledgement(counter, blocks));
    }
  }

  private long read(Reading reading, int file, long number, long[] versions) {
    try (reading) {
      SharedLease lease = reading.shared(file, number);
      long value = checked(lease);
      versions[0] += lease.version();
      return value;
    }
  }

  private long checked(SharedLease lease) {
    long value = ValueBlock.value(lease.content());
    if (value < 0 || !ValueBlock.isWhole(lease.file(), lease.number(), lease.content())) {
      tally.violations.add(
          String.format(
              Locale.ROOT,
              "node %d, block %d:%d (version %d, %s): the value %d is broken",
              settings.node(),
              lease.file(),
              lease.number(),
              lease.version(),
              lease.mode(),
              value));
    }
    return value;
  }

  private int account(SplittableRandom random) {
    int start = homeStart(settings.node());
    int size = homeStart(settings.node() + 1) - start;
    return size > 0 && random.nextInt(100) < HOME
        ? start + random.nextInt(size)
        : random.nextInt(settings.accounts());
  }

  private int homeStart(int node) {
    return (int) ((long) settings.accounts() * node / settings.nodes());
  }
}
