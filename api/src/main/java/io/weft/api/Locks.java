// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * Named locks over all nodes of the cluster: the global enqueue service. Thread-safe.
 *
 * <p>A lock exists as soon as it is named. {@linkplain LockOwner Owners} take it in one of six
 * {@linkplain LockMode modes}. A node keeps a lock after its owners have released it, until another
 * node asks for it or {@code weft.cache-fusion.locks.cached} is reached; so the next owner on the
 * same node needs no message.
 *
 * <ul>
 *   <li>Rule LK-1: two owners, on one node or on two, never hold a lock in modes that {@linkplain
 *       LockMode#isCompatibleWith exclude} each other, while the membership leases of their nodes
 *       hold.
 *   <li>Rule LK-2: a request ends in exactly one of two ways: granted, or not granted and without
 *       any effect. A request that was cancelled or timed out is never granted later.
 *   <li>Rule LK-3: conversions go before new requests; among themselves, both are served in the
 *       order of arrival at their node, and nodes in the order of arrival at the master. No request
 *       is overtaken for ever.
 *   <li>Rule LK-4: a valid {@linkplain LockOwner#value value} seen in PR, PW or EX is the one that
 *       was written last. If a node failed that may have written a newer one, or the members
 *       changed while the lock was on its way to another master, the value is {@link
 *       LockValue.State#LOST}.
 *   <li>Rule LK-5: when a node fails, its owners hold nothing any more as soon as it has certainly
 *       stopped. The locks of the other nodes are not affected.
 *   <li>Rule LK-6: the changes of blocks that an owner committed before it released are seen by the
 *       next owner that reads them under the lock.
 *   <li>Rule LK-10: a cycle of owners is found, usually within a second, if each of them waits for
 *       a lock that the next one holds, or with an attached {@linkplain LockOwner#attach scope} for
 *       a block on which an attached scope of the next one has a lease. The wait that began last
 *       ends with {@link LockErrors#DEADLOCK}, on whichever node it is. No other wait is ended.
 * </ul>
 *
 * <p>Locks that are taken in one order, and before block leases, form no cycle. Not found are
 * cycles through a scope that is attached to no owner, and through a request for a block that waits
 * only behind another request for it. The time-outs end them: {@link LockErrors#LOCK_TIMEOUT} or
 * {@link CoreErrors#LEASE_TIMEOUT}. Whoever gets one should give back what it holds before it tries
 * again.
 */
public interface Locks {
  /**
   * Creates an owner that holds nothing: a session, a transaction, a task.
   *
   * @param label name for messages, for example that of a transaction; up to 64 characters, may be
   *     empty
   * @throws IllegalArgumentException if the label is too long
   * @throws WeftException {@link CoreErrors#NODE_CLOSED} or {@link CoreErrors#NODE_STOPPED}
   */
  LockOwner newOwner(String label);

  /** Statistics of this node since it started. */
  LockStatistics statistics();
}
