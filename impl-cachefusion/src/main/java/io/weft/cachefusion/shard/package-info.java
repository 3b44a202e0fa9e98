// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Shards: each passes the events of its blocks to the state machines of the protocol, one at a time
 * ({@link io.weft.cachefusion.shard.Shard}), and carries out the messages and I/O that they request
 * ({@link io.weft.cachefusion.shard.ShardEffects}). A shard has no thread: the thread that submits
 * an event to an idle shard drains its queue for a limited time ({@code SerialExecutor}).
 */
package io.weft.cachefusion.shard;
