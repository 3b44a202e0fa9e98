// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The coherence protocol: messages, and state machines that handle them. A handler is a function
 * from (state, message) to (state, effects), and has the name of the specification's action ({@code
 * recvRequest} is {@code RecvReq}). The package uses no clock, thread, lock, network or device;
 * messages and I/O are requested through {@link io.weft.cachefusion.protocol.Effects}. All state
 * belongs to one shard and is used on its executor only, except for {@link
 * io.weft.cachefusion.protocol.LeaseRequest}, through which a caller waits.
 *
 * <pre>
 *   Directory -- BucketMoves, DirectoryRoom, MasteredBuckets          the master's side
 *     DirectoryTable  DirectoryEntry
 *
 *   ShardTasks, ShardCache                                            the cache's side
 *     Reclaimer  Leases  Requester  Holder  WriteBack  Keeper  CacheState  CacheEntry
 * </pre>
 *
 * <p>In the last line each class uses only classes to its right. Calls to the left go through
 * {@link io.weft.cachefusion.protocol.Waiters}, which {@code Leases} implements.
 *
 * <p>The following is not in the specification, because it is advisory or local: {@code Written}
 * and {@code WriteRequest}, which let past images be dropped; {@code Recall}, after which a holder
 * releases a block as it may at any time; {@code NoRoom}, which is a failed read; the order in
 * which local callers are served; and the assignment of frames.
 */
package io.weft.cachefusion.protocol;
