// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.time.Violation;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Seeds in which nodes fail and agree on views by themselves: the engine's membership, redo log and
 * cache, on simulated devices. {@code -Dweft.membership-seeds=} and {@code -Dweft.first-seed=}
 * choose how many and which; {@code -Dweft.membership-seed=} repeats one.
 */
final class MembershipSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.membership-seeds", 200);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  /** So many seeds have all that can happen in them. */
  private static final int ENOUGH = 200;

  /** Counts of what the scripted membership does, or what hardly happens in so few seeds. */
  private static final Set<String> NOT_HERE =
      Set.of("checkpoints", "writes refused", "blocks torn");

  @Test
  @DisabledIfSystemProperty(named = "weft.membership-seed", matches = ".*")
  void losesNothingInAnySeed() throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(SimOptions::withMembership).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertEquals(SEEDS, total.seeds());
    if (SEEDS >= ENOUGH) {
      total.sums().keySet().removeAll(NOT_HERE);
      total.sums().forEach((what, count) -> assertTrue(count > 0, what + " never happened"));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.membership-seed", matches = ".*")
  void repeatsOneSeed() {
    System.out.println(once(Long.getLong("weft.membership-seed")));
  }

  /**
   * A newcomer recovered, and wanted to write, before a quorum had answered it: its first lease.
   */
  @Test
  void recoveryWaitsForTheFirstLease() {
    run(SimOptions.withMildMembership(657));
  }

  /**
   * A view came while somebody was being told that a block is quarantined: the block was served as
   * it is on disk, without its redo.
   */
  @Test
  void aQuarantineOutlivesTheNextView() {
    run(SimOptions.withStorageFaults(409));
  }

  /**
   * A newcomer gave up because of a member that had died, while the registry was about to say so,
   * or without having asked, since its connection seemed to be there.
   */
  @ParameterizedTest
  @ValueSource(longs = {252, 268, 637})
  void aNewcomerWaitsUntilTheRegistryHasAnswered(long seed) {
    once(seed);
  }

  @Test
  void givesTheSameRunForTheSameSeed() {
    for (long seed = 1; seed <= 3; seed++) {
      assertEquals(once(seed), once(seed));
    }
  }

  private static RunResult once(long seed) {
    return run(SimOptions.withMembership(seed));
  }

  private static RunResult run(SimOptions options) {
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      return cluster.run();
    }
  }
}
