// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.node;

import io.weft.api.CacheStatistics;
import io.weft.api.LatencySummary;
import io.weft.api.Stage;
import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.metrics.Recorder;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The node's cache fusion counters and latency recorders. Thread-safe. */
public final class CacheCounters {
  /** One local hit in this many is timed, because reading the clock costs more than a hit. */
  public static final int HIT_SAMPLE = 1 << 10;

  public final Counter localHits;
  public final Counter diskReads;
  public final Counter shipped2Hop;
  public final Counter shipped3Hop;
  public final Counter upgrades;
  public final Counter invalidations;
  public final Counter blocksSent;
  public final Counter blockWrites;
  public final Counter evictions;
  public final Counter prefetchRequests;
  public final Counter prefetchHits;
  public final Counter prefetchMisses;
  public final Counter redoWaits;
  public final Counter pinWaits;
  public final Counter movesKept;
  private final Map<Stage, Recorder> latency = new EnumMap<>(Stage.class);

  public CacheCounters(Metrics metrics) {
    localHits = counter(metrics, "local-hits", "Leases served from a block that the node held.");
    diskReads = counter(metrics, "disk-reads", "Blocks read from storage.");
    shipped2Hop = counter(metrics, "shipped-2-hop", "Blocks received over two hops.");
    shipped3Hop = counter(metrics, "shipped-3-hop", "Blocks received over three hops.");
    upgrades = counter(metrics, "upgrades", "Shared rights turned exclusive without an image.");
    invalidations = counter(metrics, "invalidations", "Copies dropped for a writer elsewhere.");
    blocksSent = counter(metrics, "blocks-sent", "Images sent to other nodes.");
    blockWrites = counter(metrics, "block-writes", "Blocks written to storage.");
    evictions = counter(metrics, "evictions", "Blocks given up to make room.");
    prefetchRequests = counter(metrics, "prefetch-requests", "Blocks asked for ahead of use.");
    prefetchHits = counter(metrics, "prefetch-hits", "Prefetched blocks that were used.");
    prefetchMisses =
        counter(metrics, "prefetch-misses", "Prefetched blocks refused, or gone without use.");
    redoWaits = counter(metrics, "redo-waits", "Waits for redo before a block left its node.");
    pinWaits = counter(metrics, "pin-waits", "Waits for leases before a block left its node.");
    movesKept =
        counter(
            metrics, "moves-kept", "Moved buckets that kept master and directory in a new view.");
    for (Stage stage : Stage.values()) {
      String name = stage.name().toLowerCase(Locale.ROOT).replace('_', '-');
      latency.put(
          stage,
          metrics.recorder(
              "cache-fusion.latency." + name, "Time from request to use, path " + name + "."));
    }
  }

  private static Counter counter(Metrics metrics, String name, String description) {
    return metrics.counter("cache-fusion." + name, description);
  }

  public void record(Stage stage, long nanos) {
    latency.get(stage).record(nanos);
  }

  public CacheStatistics snapshot(long frames, long framesFree) {
    Map<Stage, LatencySummary> summaries = new EnumMap<>(Stage.class);
    latency.forEach((stage, recorder) -> summaries.put(stage, recorder.summary()));
    return new CacheStatistics(
        localHits.sum(),
        diskReads.sum(),
        shipped2Hop.sum(),
        shipped3Hop.sum(),
        upgrades.sum(),
        invalidations.sum(),
        blocksSent.sum(),
        blockWrites.sum(),
        evictions.sum(),
        prefetchRequests.sum(),
        prefetchHits.sum(),
        prefetchMisses.sum(),
        redoWaits.sum(),
        pinWaits.sum(),
        frames,
        framesFree,
        summaries);
  }
}
