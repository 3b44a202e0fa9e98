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
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds in which nodes, links and devices fail. {@code -Dweft.fault-seeds=} and {@code
 * -Dweft.first-seed=} choose how many and which; {@code -Dweft.fault-seed=} repeats one.
 */
final class FaultSeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.fault-seeds", 1_500);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  /** Counts of what the scripted membership of these seeds cannot do. */
  private static final Set<String> OF_THE_ENGINES_MEMBERSHIP =
      Set.of(
          "starts refused",
          "proposals accepted late",
          "registry calls that took time",
          "registry answers overtaken by a record",
          "registry calls cut short by a death");

  @Test
  @DisabledIfSystemProperty(named = "weft.fault-seed", matches = ".*")
  @Tag("API-1")
  @Tag("API-2")
  @Tag("API-7")
  @Tag("API-9")
  void losesNothingInAnySeed() throws InterruptedException {
    SeedRunner.Total total = new SeedRunner(SimOptions::withFaults).run(FIRST, SEEDS);
    total.violations().forEach(violation -> System.out.println(violation.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertEquals(SEEDS, total.seeds());
    total.sums().keySet().removeAll(OF_THE_ENGINES_MEMBERSHIP);
    total.sums().forEach((what, count) -> assertTrue(count > 0, what + " never happened"));
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.fault-seed", matches = ".*")
  void repeatsOneSeed() {
    System.out.println(once(Long.getLong("weft.fault-seed")));
  }

  /** All frames were changed, and nobody wrote what had been under change when it was to go. */
  @Test
  void writesWhatCouldNotBeWrittenAtFirst() {
    mildly(1_000_843);
  }

  /** A block left between its change and the next look of a checkpoint, and came back changed. */
  @Test
  void aCheckpointWaitsForAChangeThatHasLeftWithItsBlock() {
    mildly(729);
  }

  /** The master that read redo for a block had lost its storage, and blamed the block. */
  @Test
  void aNodeThatCannotReadRedoDoesNotQuarantineTheBlockAtOnce() {
    once(2_035_660);
  }

  @Test
  void givesTheSameRunForTheSameSeed() {
    for (long seed = 1; seed <= 10; seed++) {
      RunResult first = once(seed);
      assertEquals(first, once(seed));
      assertNotEquals(first.hash(), once(seed + 1_000_000).hash());
    }
  }

  private static RunResult once(long seed) {
    return run(SimOptions.withFaults(seed));
  }

  /** In the world as it was when the seed showed something. */
  private static void mildly(long seed) {
    run(SimOptions.withClockFaults(seed));
  }

  private static RunResult run(SimOptions options) {
    try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
      return cluster.run();
    }
  }
}
