// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.spec.LockRules;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.time.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds in which users take locks while nodes, links and devices fail. {@code -Dweft.lock-seeds=}
 * and {@code -Dweft.first-seed=} choose how many and which; {@code -Dweft.lock-seed=} repeats one.
 */
final class LockSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.lock-seeds", 200);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  @Test
  @DisabledIfSystemProperty(named = "weft.lock-seed", matches = ".*")
  @Tag("LK-1")
  @Tag("LK-2")
  @Tag("LK-4")
  @Tag("LK-5")
  void excludesAndKeepsValuesInAnySeed() {
    List<String> violations = new ArrayList<>();
    Map<String, Long> sums = new HashMap<>();
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        RunResult result = once(seed);
        result.counts().forEach((what, count) -> sums.merge(what, count, Long::sum));
      } catch (Violation e) {
        System.out.println("repeat with -Dweft.lock-seed=" + seed + ": " + e.getMessage());
        violations.add("seed " + seed + ": " + e.invariant());
      }
    }
    System.out.println(SEEDS + " lock seeds from " + FIRST + ": " + sums);
    assertEquals(List.of(), violations);
    assertTrue(sums.get("locks granted") > 0);
    assertTrue(sums.get("values of locks seen") > 0);
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.lock-seed", matches = ".*")
  void repeatsOneSeed() {
    System.out.println(once(Long.getLong("weft.lock-seed")));
  }

  /** A node had forgotten a lock when it was granted, and its master went on granting. */
  @Test
  void aGrantOfAForgottenLockIsGivenBack() {
    once(1_133);
  }

  /** A node had written a value and lowered its mode when the lock got a new master. */
  @Test
  void aNewMasterLearnsAValueWhoseDownWasUnderWay() {
    once(1_215);
  }

  /** One fifth of the seeds has the engine's own membership. In half of them buckets move. */
  private static SimOptions options(long seed) {
    return switch ((int) (seed % 10)) {
      case 0 -> SimOptions.withMembership(seed);
      case 5 -> SimOptions.withMembershipAndMoves(seed);
      case 1, 3, 6, 8 -> SimOptions.withMoves(seed);
      default -> SimOptions.withFaults(seed);
    };
  }

  private static RunResult once(long seed) {
    return once(options(seed), LockWorkload.of(seed), LockRules.STANDARD);
  }

  static RunResult once(SimOptions options, LockWorkload workload, LockRules rules) {
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      cluster.useLocks(workload, rules);
      return cluster.run();
    }
  }
}
