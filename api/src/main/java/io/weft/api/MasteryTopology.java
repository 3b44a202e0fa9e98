// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Map;

/**
 * Which member masters how much, as one node knows it.
 *
 * @param epoch of the view
 * @param buckets mastered by each member now
 * @param ofView mastered by each member at the begin of the view, with the moves of earlier views
 * @param moved buckets that have another master now than at the begin of the view
 * @param pinned buckets that do not move by themselves
 */
public record MasteryTopology(
    Epoch epoch, Map<NodeId, Integer> buckets, Map<NodeId, Integer> ofView, int moved, int pinned) {
  /** Copies the maps. */
  public MasteryTopology {
    buckets = Map.copyOf(buckets);
    ofView = Map.copyOf(ofView);
  }
}
