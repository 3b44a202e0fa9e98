// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.tck.HashStrategyContract;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

  @Override
  protected int mapOfWeights() {
    return -1049305720;
  }

  @Override
  protected double movedBeside(View more, View less) {
    return 0;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 64})
  void givesEveryMemberABucket(int members) {
    int[] ids = IntStream.range(0, members).map(i -> NodeId.MAX - i).sorted().toArray();
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

  /** The points of a member do not depend on its weight: a heavier member has more of them. */
  @Test
  void aHeavierWeightMovesBucketsToItsMemberOnly() {
    int[] before = ring.propose(viewOfWeights(100, 40, 100));
    for (int weight : List.of(50, 100, 300, Member.MAX_WEIGHT)) {
      int[] after = ring.propose(viewOfWeights(100, weight, 100));
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        assertTrue(before[bucket] == after[bucket] || after[bucket] == 1);
      }
    }
  }

  /** Also with the most points there are, whose numbers need more than 16 bits. */
  @Test
  void theLightestAndTheHeaviestMemberHaveBuckets() {
    RingHashStrategy dense = new RingHashStrategy(new RingSettings(RingSettings.MAX_VIRTUAL_NODES));
    int[] masters = dense.propose(viewOfWeights(Member.MAX_WEIGHT, Member.MAX_WEIGHT, 100));
    assertEquals(Buckets.COUNT / 2.01, bucketsOf(0, masters), 1_500);
    assertEquals(Buckets.COUNT / 2.01, bucketsOf(1, masters), 1_500);
    RingHashStrategy sparse = new RingHashStrategy(new RingSettings(1));
    assertTrue(bucketsOf(1, sparse.propose(viewOfWeights(100, 1))) > 0);
  }

  /** The definition of the class page, with all points in a sorted map. */
  @Test
  void aBucketGoesToTheFirstPointAfterIt() {
    TreeMap<Long, Integer> points = new TreeMap<>(Long::compareUnsigned);
    View view = viewOf(0, 5, NodeId.MAX);
    for (Member member : view.members()) {
      int id = member.id().value();
      for (int v = 0; v < RingSettings.DEFAULTS.virtualNodes(); v++) {
        points.put(point(1L << 48 | (long) id << 16 | v), id);
      }
    }
    int[] masters = ring.propose(view);
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      Map.Entry<Long, Integer> next = points.ceilingEntry(point(2L << 48 | bucket));
      assertEquals((next == null ? points.firstEntry() : next).getValue(), masters[bucket]);
    }
  }

  private static long point(long key) {
    return Buckets.mix(key * 0x9E3779B97F4A7C15L);
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
