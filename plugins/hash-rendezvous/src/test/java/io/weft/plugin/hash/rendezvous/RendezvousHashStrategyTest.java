// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.rendezvous;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.View;
import io.weft.plugin.tck.HashStrategyContract;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract, the definition of the scores, and what weights move. */
final class RendezvousHashStrategyTest extends HashStrategyContract {
  private final RendezvousHashStrategy rendezvous = new RendezvousHashStrategy();

  @Override
  protected HashStrategy strategy() {
    return new RendezvousHashStrategy();
  }

  @Override
  protected int mapOfThree() {
    return -366067267;
  }

  @Override
  protected int mapOfWeights() {
    return 816381746;
  }

  @Override
  protected double movedBeside(View more, View less) {
    return 0;
  }

  /** The short cut for members of equal weight gives the same as comparing all scores. */
  @Test
  void theHighestScoreGetsTheBucket() {
    for (int[] weights : List.of(new int[] {100, 100, 100}, new int[] {10, 300, 10, 300, 77})) {
      View view = viewOfWeights(weights);
      int[] expected = new int[Buckets.COUNT];
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        double highest = 0;
        for (Member member : view.members()) {
          long seed = Buckets.mix((4L << 48 | bucket) * 0x9E3779B97F4A7C15L);
          int id = member.id().value();
          long hash = Buckets.mix(seed + (id + 1) * 0x9E3779B97F4A7C15L);
          double score = RendezvousHashStrategy.score(member.weight(), hash);
          if (score > highest) {
            highest = score;
            expected[bucket] = id;
          }
        }
      }
      assertArrayEquals(expected, rendezvous.propose(view));
    }
  }

  @Test
  void everyHashHasAPositiveFiniteScore() {
    for (long hash : new long[] {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 4_095, 4_096}) {
      double score = RendezvousHashStrategy.score(10_000, hash);
      assertTrue(score > 0 && Double.isFinite(score), () -> hash + " has the score " + score);
    }
    assertEquals(
        2 * RendezvousHashStrategy.score(100, 12_345L << 40),
        RendezvousHashStrategy.score(200, 12_345L << 40));
  }

  @Test
  void aHeavierWeightMovesBucketsToItsMemberOnly() {
    int[] before = rendezvous.propose(viewOfWeights(100, 50, 100));
    for (int weight : List.of(51, 100, 101, 1_000)) {
      int[] after = rendezvous.propose(viewOfWeights(100, weight, 100));
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        assertTrue(before[bucket] == after[bucket] || after[bucket] == 1);
      }
    }
  }

  @Test
  void onlyRatiosOfWeightsCount() {
    assertArrayEquals(
        rendezvous.propose(viewOf(0, 1, 2)), rendezvous.propose(viewOfWeights(9, 9, 9)));
    assertArrayEquals(
        rendezvous.propose(viewOfWeights(1, 2, 4)),
        rendezvous.propose(viewOfWeights(256, 512, 1_024)));
  }
}
