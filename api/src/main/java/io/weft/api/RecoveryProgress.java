// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Optional;

/**
 * How far a view change is, as this node sees it. Times are in milliseconds.
 *
 * @param epoch of the view that is being installed
 * @param phase the present step
 * @param percent 0 to 100
 * @param elapsedMillis since it began
 * @param remainingMillis estimate of what is left; empty while nothing can be said
 * @param redoRecords records of dead nodes read so far
 * @param blocksReported blocks that members have reported to this node
 * @param blocksToRecover blocks of this node's directory that need redo
 * @param blocksRecovered those of them that are done
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
