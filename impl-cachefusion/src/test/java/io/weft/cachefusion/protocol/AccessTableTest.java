// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.protocol.AccessTable.Usage;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the sketches promise, compared with exact counts. */
final class AccessTableTest {
  private static final int SELF = 3;

  @Test
  void countsReadsWritesAndUsers() {
    AccessTable table = new AccessTable(SELF, 64);
    for (int i = 0; i < 10; i++) {
      table.count(7, 1, i % 5 == 0);
    }
    table.count(7, SELF, false);
    Usage usage = table.of(7);
    assertEquals(9, usage.reads());
    assertEquals(2, usage.writes());
    assertEquals(10, usage.requestsOf(1));
    assertEquals(1, usage.requestsOf(SELF));
    assertEquals(0, usage.requestsOf(5));
    assertEquals(11, table.requests());
    assertEquals(10, table.remoteRequests());
    assertEquals(0, table.of(8).requests());
  }

  @Test
  void aCountIsNeverTooLowAndTooHighByTheSmallestAtMost() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      AccessTable table = new AccessTable(SELF, 16);
      Map<Integer, Integer> exact = new HashMap<>();
      int all = 5_000;
      for (int i = 0; i < all; i++) {
        int node = random.nextInt(3) == 0 ? random.nextInt(1_000) : random.nextInt(4);
        table.count(1, node, false);
        exact.merge(node, 1, Integer::sum);
      }
      Usage usage = table.of(1);
      assertEquals(all, usage.requests());
      int least = Integer.MAX_VALUE;
      for (int count : usage.counts()) {
        least = Math.min(least, count);
      }
      for (int i = 0; i < usage.nodes().length; i++) {
        int known = exact.getOrDefault(usage.nodes()[i], 0);
        assertTrue(usage.counts()[i] >= known, "too low");
        assertTrue(usage.counts()[i] <= known + least, "too high");
      }
      exact.forEach(
          (node, count) ->
              assertTrue(count <= all / AccessTable.USERS || usage.requestsOf(node) > 0));
    }
  }

  @Test
  void aSetThatIsFullForgetsTheBucketThatIsUsedLeast() {
    AccessTable table = new AccessTable(SELF, 16);
    for (int i = 0; i < 1_000; i++) {
      table.count(5, 1, false);
    }
    for (int bucket = 6; bucket < 2_000; bucket++) {
      table.count(bucket, 1, false);
    }
    assertEquals(1_000, table.of(5).requests());
    int[] rows = {0};
    table.forEach(_ -> rows[0]++);
    assertTrue(rows[0] <= 16, rows[0] + " rows");
  }

  @Test
  void aWindowMultipliesCountsAndFreesRows() {
    AccessTable table = new AccessTable(SELF, 16);
    for (int i = 0; i < 100; i++) {
      table.count(5, 1, i % 2 == 0);
    }
    table.decay(0.95, 1);
    Usage usage = table.of(5);
    assertEquals(48, usage.reads(), "47.5");
    assertEquals(48, usage.writes());
    assertEquals(95, usage.requestsOf(1));
    for (int window = 2; window < 200; window++) {
      table.decay(0.95, window);
    }
    table.forEach(row -> assertEquals(null, row));
  }

  @Test
  void whatAFormerMasterHasCountedIsAdded() {
    AccessTable from = new AccessTable(SELF, 16);
    AccessTable to = new AccessTable(1, 16);
    for (int i = 0; i < 40; i++) {
      from.count(9, i % 4 == 0 ? 2 : 1, false);
    }
    to.count(9, 1, true);
    to.add(from.remove(9));
    assertEquals(0, from.of(9).requests());
    Usage usage = to.of(9);
    assertEquals(40, usage.reads());
    assertEquals(1, usage.writes());
    assertEquals(31, usage.requestsOf(1));
    assertEquals(10, usage.requestsOf(2));
  }

  @Test
  void aTableOfNoBucketCountsNothing() {
    AccessTable table = new AccessTable(SELF, 0);
    table.count(5, 1, false);
    assertEquals(0, table.requests());
    assertEquals(0, table.of(5).requests());
    assertEquals(0, table.remove(5).requests());
  }
}
