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
 * Seeds in which the directories know 2 to 5 blocks in each shard, so that requests wait for room
 * most of the time (S14). {@code -Dweft.full-seeds=} and {@code -Dweft.first-seed=} choose how many
 * and which; {@code -Dweft.full-seed=} repeats one.
 */
final class FullDirectorySeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.full-seeds", 50);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  @Test
  @DisabledIfSystemProperty(named = "weft.full-seed", matches = ".*")
  void servesAllRequestsWithinTheBound() throws InterruptedException {
    check(SimOptions::withFullDirectoriesOnly);
  }

  @Test
  @DisabledIfSystemProperty(named = "weft.full-seed", matches = ".*")
  void losesNothingWhileBucketsMoveAndNodesFail() throws InterruptedException {
    check(SimOptions::withFullDirectories);
  }

  private static void check(LongFunction<SimOptions> options) throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(options).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertTrue(total.seeds() == SEEDS);
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.full-seed", matches = ".*")
  void repeatsOneSeed() {
    run(SimOptions.withFullDirectoriesOnly(Long.getLong("weft.full-seed")));
    run(SimOptions.withFullDirectories(Long.getLong("weft.full-seed")));
  }

  private static void run(SimOptions options) {
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      System.out.println(cluster.run());
    }
  }
}
