// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The vocabulary and the entry points of Weft.
 *
 * <p>A cluster is a fixed number of <em>nodes</em> (processes) that work on one set of
 * <em>blocks</em> on shared storage. Each node keeps a cache of blocks; the caches are coherent:
 *
 * <ol>
 *   <li><b>API-1 (single writer).</b> At any moment a block has one writer or any number of readers
 *       in the whole cluster.
 *   <li><b>API-2 (currency).</b> A lease shows the latest committed version of its block; per
 *       block, reads and changes are linearizable.
 *   <li><b>API-3 (leases).</b> Content is accessed only under a lease. A {@link
 *       io.weft.api.SharedLease} excludes writers, an {@link io.weft.api.ExclusiveLease} excludes
 *       all other callers. Keep leases short: a conflicting request waits until they are closed.
 *   <li><b>API-4 (scopes).</b> Every lease belongs to a {@link io.weft.api.Scope}: a {@link
 *       io.weft.api.Reading} or a {@link io.weft.api.Change}. A scope is used by one thread at a
 *       time. A thread that holds a lease of one scope must not wait in another scope. If it would
 *       wait for a block that it holds itself, the call fails with {@link
 *       io.weft.api.CoreErrors#ALREADY_LEASED}.
 *   <li><b>API-5 (order).</b> Within a scope, leases are taken in ascending order of (level, file,
 *       number). Out of that order only the {@code try} methods are allowed; all others throw
 *       {@link io.weft.api.CoreErrors#LEASE_ORDER}. Waiting in this order cannot deadlock.
 *   <li><b>API-6 (no upgrade).</b> A shared lease is never upgraded. Close it, take the block
 *       exclusively, and check its version again. Taking a block twice in one scope is an error
 *       ({@link io.weft.api.CoreErrors#ALREADY_LEASED}).
 *   <li><b>API-7 (changes).</b> A {@link io.weft.api.Change} takes blocks exclusively, declares the
 *       ranges it writes, and commits or aborts. All of its blocks change or none; each changed
 *       block's version grows by exactly one.
 *   <li><b>API-8 (giving up).</b> A caller that times out or is interrupted gets an error and no
 *       new lease. The same holds for an asynchronous call that the caller cancels. The block may
 *       still arrive in the cache.
 *   <li><b>API-9 (stopping).</b> A node that cannot keep these rules stops: all waiting and later
 *       calls fail with the reason. No caller waits for ever. While the membership lease of a node
 *       has expired and the node has not stopped, calls fail with {@link
 *       io.weft.api.CoreErrors#NODE_LEASE_OVER}.
 *   <li><b>API-10 (allocation).</b> Scopes are reusable. After warm-up, taking a block that this
 *       node holds, reading it and closing the lease allocates nothing.
 *   <li><b>API-11 (outcomes).</b> A call that fails with a {@link io.weft.api.Category#RETRYABLE}
 *       error had no effect. A commit whose change has taken effect never fails with such an error.
 *       If its durability is not known, it fails with {@link
 *       io.weft.api.CoreErrors#OUTCOME_UNKNOWN}. Calling commit again then continues to wait.
 * </ol>
 *
 * <p>Beside the blocks there are {@linkplain io.weft.api.Locks global locks}, with rules of their
 * own. {@link io.weft.api.Mastery} shows and changes which node masters which blocks.
 */
package io.weft.api;
