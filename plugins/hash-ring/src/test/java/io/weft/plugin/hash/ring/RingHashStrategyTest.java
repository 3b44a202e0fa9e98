// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.HashStrategyContract;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract, and what makes a ring worth having: balance and few moves. */
final class RingHashStrategyTest extends HashStrategyContract {
  private final RingHashStrategy ring = new RingHashStrategy(RingSettings.DEFAULTS);

  @Override
  protected HashStrategy strategy() {
    return new RingHashStrategy(RingSettings.DEFAULTS);
  }

  @Override
  protected int mapOfThree() {
    return -1786806772;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 64})
  void givesEveryMemberABucket(int members) {
    int[] ids = IntStream.range(0, members).map(i -> 63 - i).sorted().toArray();
    int[] masters = ring.propose(viewOf(ids));
    assertEquals(Buckets.COUNT, masters.length);
    assertArrayEquals(ids, IntStream.of(masters).distinct().sorted().toArray());
  }

  /** Of every set of members out of five: who leaves moves its own buckets, and no others move. */
  @Test
  void aMemberThatLeavesMovesItsOwnBucketsOnly() {
    int nodes = 5;
    int[][] maps = new int[1 << nodes][];
    for (int members = 1; members < 1 << nodes; members++) {
      maps[members] = ring.propose(viewOf(idsOf(members)));
    }
    for (int members = 1; members < 1 << nodes; members++) {
      for (int left : idsOf(members)) {
        int others = members & ~(1 << left);
        if (others != 0) {
          assertOnlyBucketsOf(left, maps[members], maps[others]);
        }
      }
    }
  }

  private static void assertOnlyBucketsOf(int left, int[] before, int[] after) {
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      if (before[bucket] != left) {
        assertEquals(before[bucket], after[bucket], "bucket " + bucket + " moved");
      }
    }
  }

  private static int[] idsOf(int members) {
    return IntStream.range(0, Integer.SIZE).filter(id -> (members >>> id & 1) != 0).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void everyMemberStaysWithinAFifthOfTheMean(int members) {
    int[] masters = ring.propose(viewOf(IntStream.range(0, members).toArray()));
    double mean = (double) Buckets.COUNT / members;
    for (int id = 0; id < members; id++) {
      int node = id;
      long share = IntStream.of(masters).filter(master -> master == node).count();
      assertTrue(
          Math.abs(share - mean) <= 0.2 * mean, () -> "n" + node + " has " + share + " of " + mean);
    }
  }

  @Test
  void namesKeyValueAndRangeOfWhatItsSettingsRefuse() {
    assertEquals(4_096, new RingSettings(4_096).virtualNodes());
    for (int wrong : new int[] {0, -1, 4_097}) {
      var error = assertThrows(IllegalArgumentException.class, () -> new RingSettings(wrong));
      assertEquals(
          "weft.hash-strategy.ring.virtual-nodes = " + wrong + " is outside 1 to 4096",
          error.getMessage());
    }
  }
}
