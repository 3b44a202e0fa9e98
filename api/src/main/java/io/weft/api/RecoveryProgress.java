// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Optional;

/**
 * Progress of a view change, as this node sees it. Times are in milliseconds.
 *
 * @param epoch the epoch of the view that is being installed
 * @param phase the current phase
 * @param percent progress, 0 to 100
 * @param elapsedMillis time since the view change began
 * @param remainingMillis estimate of the remaining time; empty while there is no estimate
 * @param redoRecords redo records of failed nodes read so far
 * @param blocksReported blocks that members have reported to this node
 * @param blocksToRecover blocks mastered by this node that need redo
 * @param blocksRecovered those of them that are recovered
 */
public record RecoveryProgress(
    Epoch epoch,
    RecoveryPhase phase,
    int percent,
    long elapsedMillis,
    Optional<Long> remainingMillis,
    long redoRecords,
    long blocksReported,
    long blocksToRecover,
    long blocksRecovered) {}
