// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Global locks: the enqueue service. It shares masters, views and buckets with the blocks, but none
 * of their states. The specification is {@code src/spec/GlobalLocks.tla}; its rules L1 to L25 are
 * the methods of {@link io.weft.cachefusion.spec.LockRules}.
 *
 * <h2>Concepts</h2>
 *
 * <ul>
 *   <li>An <em>owner</em> holds a lock at its node ({@code Owner}, {@code Hold}). The <em>node</em>
 *       has a mode, granted by the lock's <em>master</em>, that covers what its owners hold ({@code
 *       LockAtNode}). The master is the node that masters the bucket of the lock's name; it knows
 *       the mode of each node, and the requests that wait ({@code LockAtMaster}).
 *   <li>A node keeps its mode when its owners have released: the lock is <em>cached</em>. When
 *       another node waits for an excluding mode, the master <em>revokes</em>: the node lowers its
 *       mode as soon as its owners allow it, and gives new owners only what it may keep.
 *   <li>All messages are absolute and numbered. A grant says which mode the node has now. A Down
 *       and a revocation name the grant they are about, and have no effect after a newer one. So
 *       messages may arrive in any order, and may be sent again after a view change.
 *   <li>The <em>value</em> of a lock travels with grants and Downs. Its version is a number of the
 *       {@code LockClock}; the newest version counts.
 *   <li>Locks are divided among <em>shards</em> by bucket ({@code LockShards}). Each {@code
 *       LockShard} has a serial executor; {@code MasteredLocks} is its part as a master.
 * </ul>
 *
 * <h2>The way of an acquisition</h2>
 *
 * <ol>
 *   <li>{@code Owner.acquire} makes a {@code Hold} and submits its {@code TakeAtOnce} to the lock's
 *       shard. An idle shard runs it on the calling thread. If the node's mode covers what is asked
 *       for and nobody is in the way, the owner has the lock. A <em>cached</em> lock ends here,
 *       without a message and without a new object.
 *   <li>Otherwise it submits a {@code LockRequest}, which {@code LockAtNode.request} queues.
 *   <li>The node sends a Request to the master ({@code LockAtNode.ask}).
 *   <li>{@code LockAtMaster.recvRequest} grants it, or queues it and revokes what is in its way.
 *   <li>A revoked node lowers its mode when its owners have released ({@code LockAtNode.step}), and
 *       sends Down, with the value. {@code LockAtMaster.recvDown} then grants the first request.
 *   <li>{@code LockAtNode.recvGrant} takes up the mode and the value, and serves the owner.
 * </ol>
 *
 * <h2>A move</h2>
 *
 * <ol>
 *   <li>The blocks of a bucket have moved: {@code BucketMoves} tells the lock shard of each node
 *       ({@code MasteredLocks.learn}).
 *   <li>The node that has the bucket's locks sends them to the new master ({@code handOver}), which
 *       has let messages wait for them ({@code recvTransfer}).
 *   <li>A former master sends messages back ({@code Moved}); their nodes send them again.
 * </ol>
 *
 * <h2>A view change</h2>
 *
 * <ol>
 *   <li>{@code LockRebuild} installs the view in every shard. A master that stays keeps its locks;
 *       nodes send their open requests and Downs again.
 *   <li>When all nodes outside the view have certainly stopped, what they had is free ({@code
 *       LockAtMaster.repair}). If one of them could write the value, the value is lost.
 *   <li>A new master asks all members what they have, when one of its locks is needed for the first
 *       time. It serves when all have answered.
 * </ol>
 */
package io.weft.cachefusion.lock;
