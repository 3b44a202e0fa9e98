// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.time.Violation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds of {@link MembershipSeedsTest} with 12 to 20 nodes, in which each node is watched by 2 or 3
 * others, and 3 to 7 nodes vote. {@code -Dweft.sparse-seeds=} and {@code -Dweft.first-seed=} choose
 * how many and which; {@code -Dweft.sparse-seed=} repeats one.
 */
final class SparseSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.sparse-seeds", 30);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  @Test
  @DisabledIfSystemProperty(named = "weft.sparse-seed", matches = ".*")
  void losesNothingAlthoughFewNodesWatchEachNode() throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(SimOptions::withSparseMembership).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertEquals(SEEDS, total.seeds());
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.sparse-seed", matches = ".*")
  void repeatsOneSeed() {
    SimOptions options = SimOptions.withSparseMembership(Long.getLong("weft.sparse-seed"));
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      RunResult result = cluster.run();
      System.out.println(result);
    }
  }
}
