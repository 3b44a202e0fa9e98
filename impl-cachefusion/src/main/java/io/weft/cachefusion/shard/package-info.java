// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Shards: each brings the events of its blocks to the machines of the protocol, one at a time
 * ({@link io.weft.cachefusion.shard.Shard}), and carries out what they ask for ({@link
 * io.weft.cachefusion.shard.ShardEffects}). A shard has no thread: whoever brings an event to an
 * idle one works it off for a while ({@code SerialExecutor}).
 */
package io.weft.cachefusion.shard;
