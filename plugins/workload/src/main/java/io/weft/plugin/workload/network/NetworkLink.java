// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * One direction between two nodes.
 *
 * @param from the node that sends
 * @param to the node that receives
 */
public record NetworkLink(int from, int to) {
  /** Rejects a link from a node to itself. */
  public NetworkLink {
    if (from == to) {
      throw new IllegalArgumentException("no link leads from node " + from + " to itself");
    }
  }

  /** The other direction. */
  public NetworkLink reversed() {
    return new NetworkLink(to, from);
  }

  /** The links from one node to others. */
  public static List<NetworkLink> from(int node, Collection<Integer> others) {
    return others.stream()
        .filter(other -> other != node)
        .map(to -> new NetworkLink(node, to))
        .toList();
  }

  /** Both directions of each of the links. */
  public static List<NetworkLink> bothWays(Collection<NetworkLink> links) {
    List<NetworkLink> all = new ArrayList<>(links);
    links.forEach(link -> all.add(link.reversed()));
    return List.copyOf(all);
  }

  @Override
  public String toString() {
    return "n" + from + "->n" + to;
  }
}
