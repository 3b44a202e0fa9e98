// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

/**
 * What a hash strategy does for a number of nodes with consecutive ids and equal weights. All but
 * the times are the same in every run.
 *
 * @param nodes number of nodes
 * @param maxToMean buckets of the node that has most, divided by the mean
 * @param variation coefficient of variation of the nodes' buckets: standard deviation by mean
 * @param joinMoved share of the buckets that move when a node with the next id joins
 * @param leaveMoved share of the buckets that move when a node leaves: the mean over some nodes of
 *     the whole range of ids
 * @param lookUpNs time to find the master of a block in the installed map, in nanoseconds
 * @param proposeMs time to propose a map, in milliseconds
 */
public record HashingFigures(
    int nodes,
    double maxToMean,
    double variation,
    double joinMoved,
    double leaveMoved,
    double lookUpNs,
    double proposeMs) {
  /** The least share that can move on a join if shares are even: that of the new node. */
  public double joinMinimum() {
    return 1.0 / (nodes + 1);
  }

  /** The least share that can move when a node leaves, on average: its own. */
  public double leaveMinimum() {
    return 1.0 / nodes;
  }
}
