// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DealTest {
  @Test
  void roundRobinGoesAround() {
    for (int request = 0; request < 12; request++) {
      assertEquals(request % 3, Deal.ROUND_ROBIN.nodeOf(request, 99, 3));
    }
  }

  @Test
  void byExtentKeepsAnExtentTogether() {
    for (long extent = 0; extent < 1000; extent++) {
      int node = Deal.BY_EXTENT.nodeOf(0, extent * Deal.EXTENT_BLOCKS, 3);
      assertEquals(node, Deal.BY_EXTENT.nodeOf(7, extent * Deal.EXTENT_BLOCKS + 63, 3));
    }
  }

  @Test
  void byExtentSpreadsExtents() {
    int[] dealt = new int[3];
    for (long extent = 0; extent < 3000; extent++) {
      dealt[Deal.BY_EXTENT.nodeOf(0, extent * Deal.EXTENT_BLOCKS, 3)]++;
    }
    for (int count : dealt) {
      assertTrue(count > 800 && count < 1200, "of 3000 extents one node got " + count);
    }
  }

  @Test
  void namesAreThoseOfTheCommandLine() {
    assertEquals(Deal.BY_EXTENT, Deal.named("by-extent"));
    assertEquals(Deal.ROUND_ROBIN, Deal.named("round-robin"));
    assertThrows(IllegalArgumentException.class, () -> Deal.named("BY_EXTENT"));
  }
}
