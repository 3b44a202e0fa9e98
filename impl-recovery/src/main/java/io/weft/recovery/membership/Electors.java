// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;

/**
 * Chooses the electors of a view. Up to a limit, all candidates are electors. Beyond it, a fixed
 * number of them is: those that belong to the view and have the lowest ids. All nodes choose alike,
 * since the choice depends on the view record only.
 *
 * <p>If fewer nodes belong to the view, nodes that are out of it fill the places. So the electors
 * are always as many, and a view of a few nodes that are left of many has no quorum.
 *
 * @param all up to so many candidates, all are electors
 * @param most so many are electors if there are more candidates than that
 */
record Electors(int all, int most) {
  /**
   * The electors.
   *
   * @param candidates the nodes that may vote
   * @param belonging the nodes that belong to the view
   */
  NodeSet of(NodeSet candidates, NodeSet belonging) {
    if (!limits(candidates)) {
      return candidates;
    }
    NodeSet.Builder electors = new NodeSet.Builder();
    int left = add(electors, candidates.intersection(belonging), most);
    add(electors, candidates.minus(belonging), left);
    return electors.build();
  }

  /** Whether not all candidates are electors. */
  boolean limits(NodeSet candidates) {
    return candidates.size() > all;
  }

  private static int add(NodeSet.Builder electors, NodeSet from, int count) {
    int left = count;
    for (int node = from.next(0); node >= 0 && left > 0; node = from.next(node + 1)) {
      electors.add(node);
      left--;
    }
    return left;
  }
}
