// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * Statistics of one node's global locks since the node started. Counts are totals of this node.
 *
 * @param localGrants requests of owners that were granted without a message to another node
 * @param remoteGrants requests of owners that needed the lock's master
 * @param conversions granted requests of owners that held the lock already
 * @param refusals requests that were not granted because they were not allowed to wait
 * @param timeouts requests that ended at a time-out or were cancelled
 * @param revocations times that another node's request made this node give up or lower a lock
 * @param lost values of locks that became lost at this node as their master
 * @param deadlocks deadlocks that this node found as the detector of all nodes
 * @param held locks that this node's owners hold or wait for now, or that this node gives back
 * @param cached locks that this node keeps without an owner now
 * @param mastered locks that this node knows as their master now
 */
public record LockStatistics(
    long localGrants,
    long remoteGrants,
    long conversions,
    long refusals,
    long timeouts,
    long revocations,
    long lost,
    long deadlocks,
    long held,
    long cached,
    long mastered) {}
