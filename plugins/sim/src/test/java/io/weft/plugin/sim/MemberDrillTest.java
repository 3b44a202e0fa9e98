// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.fail;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.time.Violation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The planted-bug drill of members that change: each broken rule is found by some seed. {@code
 * -Dweft.first-seed=1} tries those, too, that are known not to find it.
 */
final class MemberDrillTest {
  private static final int SEEDS = Integer.getInteger("weft.member-drill-seeds", 1_000);

  @ParameterizedTest
  @EnumSource
  void findsEveryBrokenRule(MemberMutant mutant) {
    for (long seed = Long.getLong("weft.first-seed", mutant.first()); seed <= SEEDS; seed++) {
      try (SimCluster cluster =
          new SimCluster(MemberChangeSeedsTest.options(seed), Rules.STANDARD, mutant.recovery())) {
        cluster.changeMembers();
        cluster.run();
      } catch (Violation e) {
        System.out.println(
            "| "
                + mutant
                + " | "
                + mutant.meaning()
                + " | "
                + seed
                + " | "
                + e.invariant().title()
                + " |");
        return;
      }
    }
    fail(mutant + " survives " + SEEDS + " seeds");
  }
}
