// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Map;

/**
 * What a node's cache has done since it started. Counts are totals of this node.
 *
 * @param localHits leases served from a block that the node held
 * @param diskReads blocks read from storage
 * @param shipped2Hop blocks received from another node over two hops
 * @param shipped3Hop blocks received from another node over three hops
 * @param upgrades shared rights turned into exclusive ones without an image
 * @param invalidations copies of this node dropped because another node wanted to write
 * @param blocksSent images sent to other nodes
 * @param blockWrites blocks written to storage
 * @param evictions blocks given up to make room
 * @param prefetchRequests blocks asked for ahead of use
 * @param prefetchHits prefetched blocks that were used
 * @param prefetchMisses prefetched blocks that left unused, or were refused
 * @param redoWaits times that a block waited for its redo before it left or was written
 * @param pinWaits times that another node's request waited for a lease of this node
 * @param frames frames of the cache
 * @param framesFree frames that hold nothing
 * @param latency by stage
 */
public record CacheStatistics(
    long localHits,
    long diskReads,
    long shipped2Hop,
    long shipped3Hop,
    long upgrades,
    long invalidations,
    long blocksSent,
    long blockWrites,
    long evictions,
    long prefetchRequests,
    long prefetchHits,
    long prefetchMisses,
    long redoWaits,
    long pinWaits,
    long frames,
    long framesFree,
    Map<Stage, LatencySummary> latency) {
  /** Copies the map. */
  public CacheStatistics {
    latency = Map.copyOf(latency);
  }
}
