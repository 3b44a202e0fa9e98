// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * Members that the leader hears, but that do not hear each other: one of them has to go, or nodes
 * that need both wait for ever. Owned by {@link ViewAgreement}.
 */
final class Links {
  /** So that a silent node goes before any other: no node has so many links. */
  private static final int MORE_THAN_ALL_LINKS = NodeId.MAX + 1;

  private final long patienceNs;
  private final Map<Link, Long> brokenSince = new HashMap<>();

  /** Two nodes, the smaller one first. */
  private record Link(int low, int high) {
    static Link between(int a, int b) {
      return new Link(Math.min(a, b), Math.max(a, b));
    }
  }

  /**
   * Knows no broken link.
   *
   * @param patienceNs how long a link may be broken
   */
  Links(long patienceNs) {
    this.patienceNs = patienceNs;
  }

  void clear() {
    brokenSince.clear();
  }

  /**
   * The members that have to go: first those that are silent, then those with the most broken
   * links, among equals the one of the largest id.
   *
   * @param suspectsOf which nodes a member suspects
   */
  NodeSet victims(
      NodeSet members, IntFunction<NodeSet> suspectsOf, IntPredicate isSilent, long now) {
    Set<Link> broken = new HashSet<>();
    members.forEach(
        member ->
            suspectsOf
                .apply(member)
                .intersection(members)
                .without(member)
                .forEach(suspect -> broken.add(Link.between(member, suspect))));
    brokenSince.keySet().retainAll(broken);
    broken.forEach(link -> brokenSince.putIfAbsent(link, now));
    broken.removeIf(link -> now - brokenSince.get(link) < patienceNs);
    NodeSet.Builder victims = new NodeSet.Builder();
    while (!broken.isEmpty()) {
      int victim = mostBroken(broken, isSilent);
      victims.add(victim);
      broken.removeIf(link -> link.low() == victim || link.high() == victim);
    }
    return victims.build();
  }

  private static int mostBroken(Set<Link> broken, IntPredicate isSilent) {
    TreeMap<Integer, Integer> count = new TreeMap<>();
    for (Link link : broken) {
      count.merge(link.low(), 1, Integer::sum);
      count.merge(link.high(), 1, Integer::sum);
    }
    count.replaceAll((node, links) -> isSilent.test(node) ? links + MORE_THAN_ALL_LINKS : links);
    int most = count.firstKey();
    for (int node : count.keySet()) {
      most = count.get(node) >= count.get(most) ? node : most;
    }
    return most;
  }
}
