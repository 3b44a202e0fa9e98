// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.time.Violation;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The engine under the simulator, seed by seed. {@code -Dweft.seeds=} and {@code
 * -Dweft.first-seed=} choose how many and which; {@code -Dweft.seed=} repeats one.
 */
final class SeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.seeds", 600);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  /** Counters of what is not used here; {@link LockSeedsTest} and {@link MoveSeedsTest} do. */
  private static final List<String> ELSEWHERE = List.of("locks.", "cache-fusion.moves-kept");

  @Test
  @DisabledIfSystemProperty(named = "weft.seed", matches = ".*")
  @Tag("API-1")
  @Tag("API-2")
  @Tag("API-7")
  @Tag("CC-1")
  @Tag("RD-1")
  @Tag("TR-2")
  void keepsTheInvariantsInEverySeed() throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(SimOptions::of).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertEquals(SEEDS, total.seeds());
    assertEquals(
        List.of(),
        total.pathsNeverTaken().stream()
            .filter(path -> ELSEWHERE.stream().noneMatch(path::startsWith))
            .toList(),
        "paths that no seed took");
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.seed", matches = ".*")
  void repeatsOneSeed() {
    try (SimCluster cluster =
        new SimCluster(SimOptions.of(Long.getLong("weft.seed")), Rules.STANDARD)) {
      System.out.println(cluster.run());
    }
  }

  @Test
  void givesTheSameRunForTheSameSeed() {
    for (long seed = 1; seed <= 5; seed++) {
      RunResult first = once(seed);
      assertEquals(first, once(seed));
      assertNotEquals(first.hash(), once(seed + 1_000_000).hash());
    }
  }

  @Test
  void doesWhatASeedHasToDo() {
    for (long seed = 1; seed <= 20; seed++) {
      SimOptions options = SimOptions.of(seed);
      assertTrue(options.nodes() >= 2 && options.nodes() <= 5, options.toString());
      assertTrue(options.blocks() >= 8, options.toString());
      assertTrue(options.frames() < options.blocks(), options.toString());
      assertTrue(once(seed).operations() >= 2_000, options.toString());
    }
  }

  private static RunResult once(long seed) {
    try (SimCluster cluster = new SimCluster(SimOptions.of(seed), Rules.STANDARD)) {
      return cluster.run();
    }
  }
}
