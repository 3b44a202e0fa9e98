// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Map;

/**
 * What one node has done as a master since it started. Up to date at the end of each window.
 *
 * @param buckets mastered by this node now
 * @param requests requests that have reached this node as a master
 * @param remoteRequests those of them that other nodes have sent
 * @param moves buckets that have come to this node, by reason
 * @param movesOut buckets that this node has handed over
 * @param refused moves of this node that were refused or given up; they are tried again
 * @param meanMoveNs mean time of a move out of this node, from its order until the next master
 *     serves the bucket, in nanoseconds; 0 without moves
 * @param longestMoveNs the longest one. A bucket was never frozen for longer
 * @param hot buckets of this node that are hot
 * @param warm buckets of this node that are warm
 * @param cold all others
 * @param imbalance the highest load of a member by weight, divided by the mean of all; 1 if all are
 *     equal or nobody has any. The load is the number of requests of other nodes
 */
public record MasteryStatistics(
    long buckets,
    long requests,
    long remoteRequests,
    Map<MoveReason, Long> moves,
    long movesOut,
    long refused,
    long meanMoveNs,
    long longestMoveNs,
    long hot,
    long warm,
    long cold,
    double imbalance) {
  /** Copies the map. */
  public MasteryStatistics {
    moves = Map.copyOf(moves);
  }
}
