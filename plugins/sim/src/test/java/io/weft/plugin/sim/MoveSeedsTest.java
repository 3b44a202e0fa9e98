// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Violation;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds in which buckets move between masters: without faults, with them, and with the engine's own
 * membership. {@code -Dweft.move-seeds=} and {@code -Dweft.first-seed=} choose how many and which;
 * {@code -Dweft.move-seed=} repeats one.
 */
final class MoveSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.move-seeds", 100);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  @Test
  @DisabledIfSystemProperty(named = "weft.move-seed", matches = ".*")
  void losesNothingWhileBucketsMove() throws InterruptedException {
    check(SimOptions::withMovesOnly, SEEDS, false);
  }

  @Test
  @DisabledIfSystemProperty(named = "weft.move-seed", matches = ".*")
  void losesNothingWhileBucketsMoveAndNodesFail() throws InterruptedException {
    check(SimOptions::withMoves, SEEDS, true);
  }

  @Test
  @DisabledIfSystemProperty(named = "weft.move-seed", matches = ".*")
  void losesNothingWhileBucketsMoveAndNodesAgreeOnViews() throws InterruptedException {
    check(SimOptions::withMembershipAndMoves, Math.max(1, SEEDS / 10), true);
  }

  /**
   * Runs the seeds.
   *
   * @param outlasting whether views change, so that moved buckets must have been kept by then
   */
  private static void check(LongFunction<SimOptions> options, int seeds, boolean outlasting)
      throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(options).run(FIRST, seeds);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertTrue(total.sums().get("buckets moved") > 0);
    assertEquals(outlasting, total.sums().get("moves kept") > 0);
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.move-seed", matches = ".*")
  void repeatsOneSeed() {
    run(SimOptions.withMovesOnly(Long.getLong("weft.move-seed")));
    run(SimOptions.withMoves(Long.getLong("weft.move-seed")));
    run(SimOptions.withMembershipAndMoves(Long.getLong("weft.move-seed")));
  }

  private static void run(SimOptions options) {
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      System.out.println(cluster.run());
    }
  }
}
