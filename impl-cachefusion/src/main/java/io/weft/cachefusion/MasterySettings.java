// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.ResourceClass;
import io.weft.cachefusion.mastery.MasteryService;
import io.weft.cachefusion.shard.CountedRequests;
import io.weft.spi.node.NodeSettings;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Settings of masters that follow the work, section {@code weft.cache-fusion.mastery}. Nodes need
 * not agree on them, because each master decides on its own buckets only.
 *
 * @param autoRemaster whether buckets move by themselves
 * @param window at the end of which the policy is asked; 1 ms to 1 hour
 * @param decay what the counts of requests are multiplied by at the end of a window; 0 to 0.999
 * @param trackedBuckets buckets whose requests this node counts at once, 64 bytes each; 0 (nothing
 *     is counted, and no bucket moves by itself) to 65,536
 * @param movesPerSecond most moves that this node begins by itself in a second, 1 to 10,000
 * @param concurrentMoves most of them at the same time, 1 to 256
 */
public record MasterySettings(
    boolean autoRemaster,
    Duration window,
    double decay,
    int trackedBuckets,
    int movesPerSecond,
    int concurrentMoves) {
  private static final Duration LEAST_WINDOW = Duration.ofMillis(1);
  private static final Duration MOST_WINDOW = Duration.ofHours(1);
  private static final double MOST_DECAY = 0.999;

  /** Nothing is counted, and no bucket moves by itself. */
  public static final MasterySettings OFF =
      new MasterySettings(false, Duration.ofSeconds(1), 0.95, 0, 1, 1);

  /** Checks the ranges. */
  public MasterySettings {
    require(
        window.compareTo(LEAST_WINDOW) >= 0 && window.compareTo(MOST_WINDOW) <= 0,
        "window",
        window,
        "1 ms to 1 hour");
    require(decay >= 0 && decay <= MOST_DECAY, "decay", decay, "0 to 0.999");
    require(
        trackedBuckets >= 0 && trackedBuckets <= 1 << 16,
        "tracked-buckets",
        trackedBuckets,
        "0 to 65536");
    require(
        movesPerSecond >= 1 && movesPerSecond <= 10_000,
        "moves-per-second",
        movesPerSecond,
        "1 to 10000");
    require(
        concurrentMoves >= 1 && concurrentMoves <= 256,
        "concurrent-moves",
        concurrentMoves,
        "1 to 256");
  }

  MasteryService.Settings ofService() {
    boolean counts = trackedBuckets > 0;
    return new MasteryService.Settings(
        autoRemaster && counts, window.toNanos(), decay, movesPerSecond, concurrentMoves, counts);
  }

  /** What one of so many shards counts. */
  CountedRequests ofShard(int shards, NodeSettings node) {
    return new CountedRequests(
        (trackedBuckets + shards - 1) / shards,
        node.resourceClasses().entrySet().stream()
            .filter(entry -> entry.getValue() == ResourceClass.SYSTEM)
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet()));
  }

  private static void require(boolean holds, String key, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(key + " = " + value + ": allowed is " + range);
    }
  }
}
