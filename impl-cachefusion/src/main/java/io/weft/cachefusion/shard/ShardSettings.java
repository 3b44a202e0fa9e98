// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.cachefusion.protocol.ShardCache;

/**
 * Settings of all shards of a node.
 *
 * @param shards number of shards, a power of two
 * @param limits of each
 * @param directoryEntries blocks that each may know as a master before requests wait
 * @param prefetchWindow blocks fetched ahead of sequential misses, 0 for none
 * @param counting which requests are counted
 * @param pastImageAgeNs age at which the keeper of a past image requests a write of the block
 */
public record ShardSettings(
    int shards,
    ShardCache.Limits limits,
    int directoryEntries,
    int prefetchWindow,
    CountedRequests counting,
    long pastImageAgeNs) {}
