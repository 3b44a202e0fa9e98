// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.NodeSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who has to go when members do not hear each other. */
final class LinksTest {
  private static final int MEMBERS = 200;
  private static final NodeSet NOBODY = NodeSet.NONE;

  private final Links links = new Links(1000);

  private NodeSet victims(Map<Integer, NodeSet> suspects, NodeSet silent, long now) {
    return links.victims(
        NodeSet.ofFirst(MEMBERS),
        node -> suspects.getOrDefault(node, NodeSet.NONE),
        silent::contains,
        now);
  }

  @Test
  void aLinkMayBeBrokenForAWhile() {
    Map<Integer, NodeSet> broken = Map.of(1, NodeSet.of(2));
    assertEquals(NOBODY, victims(broken, NOBODY, 0));
    assertEquals(NOBODY, victims(broken, NOBODY, 999));
    assertEquals(NodeSet.of(2), victims(broken, NOBODY, 1000));
    assertEquals(NOBODY, victims(Map.of(), NOBODY, 1001));
    assertEquals(NOBODY, victims(broken, NOBODY, 1002), "mended in between");
  }

  @Test
  void whoeverHasMostBrokenLinksGoes() {
    Map<Integer, NodeSet> broken = Map.of(1, NodeSet.of(2, 3, 4), 3, NodeSet.of(1));
    victims(broken, NOBODY, 0);
    assertEquals(NodeSet.of(1), victims(broken, NOBODY, 2000));
  }

  @Test
  void whoeverIsSilentGoesFirst() {
    Map<Integer, NodeSet> broken = Map.of(2, NodeSet.of(1));
    victims(broken, NOBODY, 0);
    assertEquals(NodeSet.of(1), victims(broken, NodeSet.of(1), 2000));
  }

  /** A silent node of a large id goes before one of a small id that half of the others miss. */
  @Test
  void idsAbove63AreNotMixedUp() {
    Map<Integer, NodeSet> broken =
        Map.of(3, NodeSet.ofFirst(MEMBERS).minus(NodeSet.ofFirst(100)), 67, NodeSet.of(131));
    NodeSet silent = NodeSet.of(131);
    victims(broken, silent, 0);
    assertEquals(NodeSet.of(3, 131), victims(broken, silent, 2000));
  }
}
