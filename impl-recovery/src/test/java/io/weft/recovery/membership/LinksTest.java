// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who has to go when members do not hear each other. */
final class LinksTest {
  private final Links links = new Links(1000);

  private long victims(Map<Integer, Long> suspects, long silent, long now) {
    return links.victims(
        0b11111, node -> suspects.getOrDefault(node, 0L), node -> (silent >>> node & 1) != 0, now);
  }

  @Test
  void aLinkMayBeBrokenForAWhile() {
    Map<Integer, Long> broken = Map.of(1, 0b100L);
    assertEquals(0, victims(broken, 0, 0));
    assertEquals(0, victims(broken, 0, 999));
    assertEquals(0b100, victims(broken, 0, 1000));
    assertEquals(0, victims(Map.of(), 0, 1001));
    assertEquals(0, victims(broken, 0, 1002), "mended in between");
  }

  @Test
  void whoeverHasMostBrokenLinksGoes() {
    Map<Integer, Long> broken = Map.of(1, 0b11100L, 3, 0b10L);
    victims(broken, 0, 0);
    assertEquals(0b10, victims(broken, 0, 2000));
  }

  @Test
  void whoeverIsSilentGoesFirst() {
    Map<Integer, Long> broken = Map.of(2, 0b10L);
    victims(broken, 0, 0);
    assertEquals(0b10, victims(broken, 0b10, 2000));
  }
}
