// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The coherence protocol: messages, and state machines that handle them. A handler is a function of
 * (state, message) to (state, effects), and carries the name of the specification's action ({@code
 * recvRequest} is {@code RecvReq}). No clock, thread, lock, network or device is in here; what is
 * wanted of the world goes through {@link io.weft.cachefusion.protocol.Effects}. All state belongs
 * to one shard and is touched on its executor only, except for {@link
 * io.weft.cachefusion.protocol.LeaseRequest}, through which a caller waits.
 *
 * <pre>
 *   Directory -- DirectoryEntry, MasteredBuckets                      the master's side
 *
 *   ShardTasks, ShardCache                                            the cache's side
 *     Reclaimer  Leases  Requester  Holder  WriteBack  Keeper  CacheState  CacheEntry
 * </pre>
 *
 * <p>In the last line each knows some of those to its right and none to its left; what has to be
 * told to the left goes through {@link io.weft.cachefusion.protocol.Waiters}, which {@code Leases}
 * fills.
 *
 * <p>Where the classes go beyond the specification it is advisory or local: {@code Written} and
 * {@code WriteRequest} (past images may go), the order in which local callers are served, and which
 * frame an image lives in.
 */
package io.weft.cachefusion.protocol;
