// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.BlockCache;
import io.weft.api.Change;
import io.weft.api.ExclusiveLease;
import io.weft.api.Mastery;
import io.weft.api.MasteryStatistics;
import io.weft.api.Reading;
import io.weft.api.SharedLease;
import io.weft.plugin.workload.agent.Job;
import io.weft.plugin.workload.agent.JobThreads;
import io.weft.plugin.workload.agent.Patience;
import io.weft.plugin.workload.agent.Tally;
import io.weft.plugin.workload.shared.Mix;
import io.weft.plugin.workload.shared.ValueBlock;
import java.util.SplittableRandom;

/**
 * The work of one node: reads of single blocks and increments of values in them, mostly of blocks
 * that are its own. Extent e belongs to node e modulo the number of nodes; their masters follow
 * from a hash, and so have nothing to do with that.
 */
public final class SkewJob implements Job {
  private static final int EXTENT_BLOCKS = 64;

  private final BlockCache cache;
  private final Mastery mastery;
  private final SkewSettings settings;
  private final Tally tally = new Tally();
  private final JobThreads threads = new JobThreads("weft-affinity");

  /** Creates the job; nothing happens before {@link #run}. */
  public SkewJob(BlockCache cache, Mastery mastery, SkewSettings settings) {
    this.cache = cache;
    this.mastery = mastery;
    this.settings = settings;
  }

  @Override
  public void prepare() {
    // All values begin at 0, as blocks that were never written do.
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
  public void progress(ObjectNode to) {
    tally.addTo(to);
    addMasteryTo(to);
  }

  @Override
  public void result(ObjectNode to) {
    tally.addTo(to);
    tally.addViolationsTo(to);
    addMasteryTo(to);
  }

  private void addMasteryTo(ObjectNode to) {
    MasteryStatistics now = mastery.statistics();
    to.put("masterRequests", now.requests())
        .put("remoteRequests", now.remoteRequests())
        .put("bucketsMastered", now.buckets())
        .put("movesOut", now.movesOut())
        .put("movesRefused", now.refused())
        .put("meanMoveNs", now.meanMoveNs())
        .put("longestMoveNs", now.longestMoveNs());
  }

  @Override
  public void audit(ObjectNode to) {
    Reading reading = cache.newReading();
    Patience patience = new Patience();
    long sum = 0;
    for (long block = 0; block < blocks(); block++) {
      long number = block;
      long[] value = new long[1];
      patiently(patience, () -> value[0] = read(reading, number));
      sum += value[0];
    }
    to.put("sum", sum);
    tally.addTo(to);
    tally.addViolationsTo(to);
  }

  private long blocks() {
    return (long) settings.extents() * settings.nodes() * EXTENT_BLOCKS;
  }

  private void work(SplittableRandom random) {
    Reading reading = cache.newReading();
    Change change = cache.newChange();
    Patience patience = new Patience();
    try {
      while (threads.goOn()) {
        long block = choose(random);
        if (random.nextInt(100) < settings.writes()) {
          patiently(patience, () -> increment(change, block));
          tally.blockWrites.increment();
        } else {
          patiently(patience, () -> read(reading, block));
          tally.blockReads.increment();
        }
        tally.requests.increment();
      }
    } catch (RuntimeException | Error e) {
      threads.fail(e);
    }
  }

  private long choose(SplittableRandom random) {
    int owner =
        random.nextInt(100) < settings.own() ? settings.node() : random.nextInt(settings.nodes());
    long extent = (long) random.nextInt(settings.extents()) * settings.nodes() + owner;
    return extent * EXTENT_BLOCKS + random.nextInt(EXTENT_BLOCKS);
  }

  private long read(Reading reading, long block) {
    try (SharedLease lease = reading.shared(SkewSettings.FILE, block)) {
      if (!ValueBlock.isWhole(SkewSettings.FILE, block, lease.content())) {
        tally.violations.add("block " + block + " is not whole");
      }
      return ValueBlock.value(lease.content());
    }
  }

  private void increment(Change change, long block) {
    try (change) {
      ExclusiveLease lease = change.exclusive(SkewSettings.FILE, block);
      ValueBlock.write(change, lease, ValueBlock.value(lease.content()) + 1);
      Patience.commit(change);
    }
  }

  /** Does something that has no effect when it is refused, until it is not. */
  private void patiently(Patience patience, Runnable step) {
    patience.repeat(step, tally.retries::increment);
  }
}
