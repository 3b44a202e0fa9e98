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
 *       was written last. If a node failed that may have written a newer one, the value is {@link
 *       LockValue.State#LOST}.
 *   <li>Rule LK-5: when a node fails, its owners hold nothing any more as soon as it has certainly
 *       stopped. The locks of the other nodes are not affected.
 *   <li>Rule LK-6: the changes of blocks that an owner committed before it released are seen by the
 *       next owner that reads them under the lock.
 * </ul>
 *
 * <p>Waits for locks may form a cycle. The nodes find such a deadlock, usually within a second, and
 * end the wait that began last with {@link LockErrors#DEADLOCK}. Locks that are taken in one order
 * form no cycle. A cycle that contains a wait for a block is not found: take locks before block
 * leases.
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
