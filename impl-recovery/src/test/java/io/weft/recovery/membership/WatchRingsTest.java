// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Who watches whom, and who votes. */
final class WatchRingsTest {
  private static final NodeSet ALL = NodeSet.ofFirst(1000);

  @Test
  void aSmallClusterIsAFullMesh() {
    WatchRings rings = new WatchRings(NodeSet.of(0, 3, 9, 70), 3);
    assertEquals(NodeSet.of(0, 3, 70), rings.watchersOf(9));
    assertEquals(NodeSet.of(0, 3, 70), rings.watchedBy(9));
    assertEquals(NodeSet.NONE, rings.watchersOf(5));
  }

  @Test
  void eachNodeHasItsWatchersAndWatchesAboutAsMany() {
    WatchRings rings = new WatchRings(ALL, 6);
    ALL.forEach(
        node -> {
          assertEquals(6, rings.watchersOf(node).size());
          assertFalse(rings.watchersOf(node).contains(node));
          assertTrue(rings.watchersOf(node).contains((node + 1) % 1000));
          assertTrue(rings.watchedBy(node).size() <= 10, "n" + node + " watches too many");
        });
  }

  /** Whichever nodes fail together, one of them is watched by a node that lives. */
  @Test
  void noGroupOfNodesIsWatchedByItselfOnly() {
    SplittableRandom random = new SplittableRandom(1);
    NodeSet members = NodeSet.ofFirst(40);
    WatchRings rings = new WatchRings(members, 3);
    for (int i = 0; i < 10_000; i++) {
      int first = random.nextInt(40);
      NodeSet failed = NodeSet.of(first).union(rings.watchersOf(first));
      int more = random.nextInt(40 - failed.size());
      for (int j = 0; j < more && failed.size() < 39; j++) {
        failed = failed.with(random.nextInt(40));
      }
      NodeSet group = failed;
      assertTrue(
          group.stream().anyMatch(node -> !group.containsAll(rings.watchersOf(node))),
          group::toString);
    }
  }

  /** The orders depend on the ids only: few watches move when a node goes. */
  @Test
  void aNodeThatGoesMovesTheWatchesOfItsNeighboursOnly() {
    WatchRings before = new WatchRings(ALL, 6);
    WatchRings after = new WatchRings(ALL.without(500), 6);
    long moved =
        ALL.without(500).stream()
            .filter(node -> !before.watchersOf(node).equals(after.watchersOf(node)))
            .count();
    assertTrue(moved <= 30, moved + " nodes have other watchers");
  }

  @Test
  void upToTheLimitAllAreElectors() {
    Electors choice = new Electors(7, 5);
    assertEquals(NodeSet.ofFirst(7), choice.of(NodeSet.ofFirst(7), NodeSet.of(1, 2)));
  }

  @Test
  void electorsAreTheFirstMembersAndOthersFillTheirPlaces() {
    Electors choice = new Electors(7, 5);
    assertEquals(NodeSet.of(3, 4, 5, 6, 7), choice.of(ALL, ALL.minus(NodeSet.of(0, 1, 2))));
    NodeSet few = NodeSet.of(900, 901);
    NodeSet electors = choice.of(ALL, few);
    assertEquals(NodeSet.of(0, 1, 2, 900, 901), electors);
    assertFalse(new QuorumRule(electors).isQuorum(few), "two of a thousand do not decide");
  }
}
