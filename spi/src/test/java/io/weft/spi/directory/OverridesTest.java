// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.directory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Buckets that have been moved. */
final class OverridesTest {
  private static final Overrides SOME = Overrides.of(Map.of(65_535, 1, 0, 1_023, 7, 2));

  /** The hash strategy chooses node 2 for all buckets. */
  private static final BucketMap ALL_AT_2 =
      new BucketMap() {
        @Override
        public int masterOfBucket(int bucket) {
          return 2;
        }

        @Override
        public int bucketsOf(int node) {
          return node == 2 ? Buckets.COUNT : 0;
        }
      };

  @Test
  void theyAreVisitedInTheOrderOfTheBuckets() {
    List<String> visited = new ArrayList<>();
    SOME.forEach((bucket, master) -> visited.add(bucket + " at " + master));
    assertEquals(List.of("0 at 1023", "7 at 2", "65535 at 1"), visited);
    assertEquals(3, SOME.size());
  }

  @Test
  void aBucketIsFoundOrNotAmongThem() {
    assertEquals(1_023, SOME.masterOf(0, -1));
    assertEquals(1, SOME.masterOf(65_535, -1));
    assertEquals(-1, SOME.masterOf(8, -1));
    assertEquals(5, Overrides.NONE.masterOf(7, 5));
  }

  @Test
  void laterMovesCount() {
    assertEquals(
        Overrides.of(Map.of(0, 1_023, 7, 3, 8, 4, 65_535, 1)), SOME.after(Map.of(7, 3, 8, 4)));
    assertEquals(SOME, SOME.after(Map.of()));
    assertEquals(SOME, Overrides.NONE.after(Map.of(65_535, 1, 0, 1_023, 7, 2)));
  }

  @Test
  void aViewDropsThoseOfNodesOutsideAndThoseThatSayNothing() {
    assertEquals(Overrides.of(Map.of(65_535, 1)), SOME.in(NodeSet.of(1, 2, 3), ALL_AT_2));
    assertTrue(SOME.in(NodeSet.of(2), ALL_AT_2).isEmpty());
    assertEquals(Overrides.NONE, SOME.in(NodeSet.of(2), ALL_AT_2));
  }

  @Test
  void whatCannotBeIsRefused() {
    for (Map<Integer, Integer> bad :
        List.of(Map.of(-1, 1), Map.of(65_536, 1), Map.of(1, -1), Map.of(1, 1_024))) {
      assertThrows(IllegalArgumentException.class, () -> Overrides.of(bad));
    }
  }
}
