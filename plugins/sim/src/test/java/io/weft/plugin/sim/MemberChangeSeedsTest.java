// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Violation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds of {@link MembershipSeedsTest} in which an operator changes the members all the time.
 * {@code -Dweft.member-seeds=} and {@code -Dweft.first-seed=} choose how many and which; {@code
 * -Dweft.member-seed=} repeats one.
 */
final class MemberChangeSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.member-seeds", 30);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  @Test
  @DisabledIfSystemProperty(named = "weft.member-seed", matches = ".*")
  void losesNothingAlthoughTheMembersChange() throws InterruptedException {
    SeedRunner.Total total =
        new SeedRunner(MemberChangeSeedsTest::options, SimCluster::changeMembers).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertEquals(SEEDS, total.seeds());
    assertTrue(total.sums().get("changes of the members") >= SEEDS, total::summary);
  }

  /** A cluster of two has no place for a node that nobody knew. */
  static SimOptions options(long seed) {
    long other = seed;
    while (SimOptions.withMembership(other).nodes() < 3) {
      other += 1_000_000;
    }
    return SimOptions.withMembership(other);
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.member-seed", matches = ".*")
  void repeatsOneSeed() {
    SimOptions options = options(Long.getLong("weft.member-seed"));
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      cluster.changeMembers();
      System.out.println(cluster.run());
    }
  }
}
