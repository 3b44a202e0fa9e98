// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Map;

/**
 * Statistics of one node's cache since the node started. Counts are totals of this node.
 *
 * @param localHits block leases granted on a block that the node held already
 * @param diskReads blocks read from storage
 * @param shipped2Hop blocks received from another node over two hops
 * @param shipped3Hop blocks received from another node over three hops
 * @param upgrades shared rights converted to exclusive ones without an image transfer
 * @param invalidations copies of this node dropped because another node requested exclusive access
 * @param blocksSent images sent to other nodes
 * @param blockWrites blocks written to storage
 * @param evictions blocks evicted to free their frames
 * @param prefetchRequests blocks requested by prefetch
 * @param prefetchHits prefetched blocks that were used
 * @param prefetchMisses prefetched blocks that were evicted unused, and prefetch requests that were
 *     refused
 * @param redoWaits times that shipping or writing a block waited until its redo was durable
 * @param pinWaits times that a request of another node waited for a block lease of this node
 * @param frames number of frames of the cache
 * @param framesFree frames without a block
 * @param latency latency of accesses by stage
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
