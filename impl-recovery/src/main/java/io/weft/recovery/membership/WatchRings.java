// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.Arrays;

/**
 * Which nodes watch which, in a view. The nodes stand on several rings, each in an order of its
 * own, and each node is watched by its next neighbour on every ring. The first ring has the order
 * of the ids, the others have pseudo-random ones. If that neighbour watches the node already, the
 * next one on the same ring does. Immutable.
 *
 * <p>All nodes compute the same. The orders depend on the ids only, so a view change moves few
 * watches. Because the first ring closes over all nodes, no proper subset of them is watched by
 * itself only: whichever nodes fail together, a node that lives watches one of them.
 */
final class WatchRings {
  private final NodeSet members;
  private final NodeSet[] watchers;

  /** Indexed by node; {@link NodeSet#NONE} for a node that is not in the view. */
  private final NodeSet[] watched;

  /**
   * For a view.
   *
   * @param count by how many others each node is watched; by all if there are no more
   */
  WatchRings(NodeSet members, int count) {
    this.members = members;
    int most = members.last() + 1;
    watchers = new NodeSet[most];
    watched = new NodeSet[most];
    Arrays.fill(watchers, NodeSet.NONE);
    Arrays.fill(watched, NodeSet.NONE);
    if (members.size() <= count + 1) {
      members.forEach(node -> watchers[node] = watched[node] = members.without(node));
      return;
    }
    for (int ring = 0; ring < count; ring++) {
      addRing(order(ring));
    }
  }

  private void addRing(int[] order) {
    for (int i = 0; i < order.length; i++) {
      int node = order[i];
      int at = (i + 1) % order.length;
      while (watchers[node].contains(order[at]) || order[at] == node) {
        at = (at + 1) % order.length;
      }
      watchers[node] = watchers[node].with(order[at]);
      watched[order[at]] = watched[order[at]].with(node);
    }
  }

  private int[] order(int ring) {
    if (ring == 0) {
      return members.stream().toArray();
    }
    long[] keys = members.stream().mapToLong(node -> mixed(node, ring)).sorted().toArray();
    return Arrays.stream(keys).mapToInt(key -> (int) (key & 0xFFFF)).toArray();
  }

  /** A number whose last 16 bits are the node, and whose other bits seem random (SplitMix64). */
  private static long mixed(int node, int ring) {
    long z = (ring * 0x10001L + node + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return (z ^ z >>> 31) & ~0xFFFFL | node;
  }

  /** The nodes that watch a node. */
  NodeSet watchersOf(int node) {
    return node < watchers.length ? watchers[node] : NodeSet.NONE;
  }

  /** The nodes that a node watches. */
  NodeSet watchedBy(int node) {
    return node < watched.length ? watched[node] : NodeSet.NONE;
  }
}
