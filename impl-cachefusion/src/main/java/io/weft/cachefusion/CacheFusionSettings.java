// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Scope;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of the coherent cache, section {@code weft.cache-fusion}.
 *
 * @param frames cached blocks of this node; at least 4 for each shard
 * @param shards serial executors among which the node's blocks are divided: a power of two from 1
 *     to 256
 * @param prefetchWindow blocks fetched ahead of sequential misses, 0 (off) to 63
 * @param maxWaiters most callers that wait for blocks at the same time, 1 to 1,000,000
 * @param writes most concurrent block writes, 1 to 4,096
 * @param pastImages most past images kept, as a share of the frames in percent, 1 to 50, with
 *     {@code freeFrames} at most 90
 * @param pastImageAge age at which the keeper of a past image requests a write of the block
 * @param freeFrames frames kept free ahead of need, in percent, 1 to 50
 * @param directoryEntries blocks that this node may know as a master before requests for further
 *     ones wait: 1 for each shard to 1,073,741,824
 * @param leaseTimeout how long a blocking call waits for a block unless its scope says otherwise
 * @param locks global locks
 * @param mastery masters that follow the work
 */
public record CacheFusionSettings(
    int frames,
    int shards,
    int prefetchWindow,
    int maxWaiters,
    int writes,
    int pastImages,
    Duration pastImageAge,
    int freeFrames,
    int directoryEntries,
    Duration leaseTimeout,
    LockSettings locks,
    MasterySettings mastery)
    implements DependentSettings {
  /**
   * Most of the frames that past images and free frames may take together, in percent; at least a
   * tenth remains for blocks.
   */
  private static final int MOST_SHARES = 90;

  /** Checks the ranges. */
  public CacheFusionSettings {
    require(
        shards >= 1 && shards <= 256 && Integer.bitCount(shards) == 1,
        "shards",
        shards,
        "a power of two from 1 to 256");
    require(
        frames >= 4 * shards && frames <= 1 << 24,
        "frames",
        frames,
        "4 for each of the " + shards + " shards to 16777216");
    require(
        prefetchWindow >= 0 && prefetchWindow <= 63, "prefetch-window", prefetchWindow, "0 to 63");
    require(maxWaiters >= 1 && maxWaiters <= 1_000_000, "max-waiters", maxWaiters, "1 to 1000000");
    require(writes >= 1 && writes <= 4096, "writes", writes, "1 to 4096");
    require(pastImages >= 1 && pastImages <= 50, "past-images", pastImages, "1 to 50");
    require(
        pastImageAge.compareTo(Duration.ofMillis(1)) >= 0,
        "past-image-age",
        pastImageAge,
        "1 ms or longer");
    require(freeFrames >= 1 && freeFrames <= 50, "free-frames", freeFrames, "1 to 50");
    require(
        directoryEntries >= shards && directoryEntries <= 1 << 30,
        "directory-entries",
        directoryEntries,
        "1 for each of the " + shards + " shards to 1073741824");
    if (pastImages + freeFrames > MOST_SHARES) {
      throw new IllegalArgumentException(
          "past-images = "
              + pastImages
              + " and free-frames = "
              + freeFrames
              + " leave "
              + Math.max(0, 100 - pastImages - freeFrames)
              + " % of the frames for blocks: together at most "
              + MOST_SHARES
              + " are allowed");
    }
    require(leaseTimeout.isPositive(), "lease-timeout", leaseTimeout, "longer than 0");
  }

  /**
   * Adds a caution if a shard has few frames: neighbouring blocks share a shard, and therefore its
   * frames.
   */
  @Override
  public void check(Others others) {
    advice().ifPresent(others::caution);
  }

  /**
   * A caution if a scope cannot hold the maximum number of leases in one shard; empty if each shard
   * has enough frames.
   */
  Optional<String> advice() {
    int each = frames / shards;
    return each >= Scope.MAX_LEASES
        ? Optional.empty()
        : Optional.of(
            "weft.cache-fusion.frames = "
                + frames
                + " and shards = "
                + shards
                + " give each shard "
                + each
                + " frames: a scope that takes more than "
                + each
                + " neighbouring blocks gets SCOPE_FULL, although it may hold "
                + Scope.MAX_LEASES
                + "; for that, set frames to "
                + Scope.MAX_LEASES * shards
                + " or more, or shards lower");
  }

  private static void require(boolean holds, String key, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(key + " = " + value + ": allowed is " + range);
    }
  }
}
