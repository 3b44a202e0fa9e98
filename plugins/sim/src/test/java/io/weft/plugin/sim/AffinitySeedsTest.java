// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.cachefusion.MasterySettings;
import io.weft.cachefusion.spec.Rules;
import io.weft.grd.AffinityPolicy;
import io.weft.grd.AffinitySettings;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.time.Violation;
import java.time.Duration;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Seeds in which the policy moves buckets by itself, much more eagerly than it is made for, while
 * nodes work, fail and agree on views. {@code -Dweft.affinity-seeds=} and {@code
 * -Dweft.first-seed=} choose how many and which; {@code -Dweft.affinity-seed=} repeats one.
 */
final class AffinitySeedsTest {
  private static final int SEEDS = Integer.getInteger("weft.affinity-seeds", 100);
  private static final long FIRST = Long.getLong("weft.first-seed", 1);

  /** A few requests move a bucket, and a moment later it may move again. */
  static final AffinitySettings EAGER = new AffinitySettings(3, 1, Duration.ofMillis(1), 1, 5);

  static final MasterySettings QUICK =
      new MasterySettings(true, Duration.ofMillis(2), 0.9, 16, 10_000, 4);

  private static void eager(SimCluster cluster) {
    cluster.moveByThemselves(QUICK, new AffinityPolicy(EAGER));
  }

  @Test
  @Tag("MA-1")
  @DisabledIfSystemProperty(named = "weft.affinity-seed", matches = ".*")
  void losesNothingWhileThePolicyMovesBuckets() throws InterruptedException {
    check(SimOptions::of, SEEDS / 5);
  }

  @Test
  @Tag("MA-1")
  @DisabledIfSystemProperty(named = "weft.affinity-seed", matches = ".*")
  void losesNothingWhileThePolicyMovesBucketsAndNodesFail() throws InterruptedException {
    check(SimOptions::withFaults, SEEDS * 3 / 5);
  }

  @Test
  @Tag("MA-1")
  @DisabledIfSystemProperty(named = "weft.affinity-seed", matches = ".*")
  void losesNothingWhileThePolicyMovesBucketsAndNodesAgreeOnViews() throws InterruptedException {
    check(SimOptions::withMembership, Math.max(1, SEEDS / 10));
  }

  private static void check(LongFunction<SimOptions> options, int seeds)
      throws InterruptedException {
    SeedRunner.Total total =
        new SeedRunner(options, AffinitySeedsTest::eager).run(FIRST, Math.max(1, seeds));
    total
        .violations()
        .forEach(each -> System.out.println("-Dweft.affinity-seed= " + each.getMessage()));
    System.out.println(total.summary());
    assertEquals(List.of(), total.violations().stream().map(Violation::invariant).toList());
    assertTrue(total.sums().get("buckets moved by policy") > 0, "the policy moved nothing");
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.affinity-seed", matches = ".*")
  void repeatsOneSeed() {
    long seed = Long.getLong("weft.affinity-seed");
    for (LongFunction<SimOptions> options :
        List.<LongFunction<SimOptions>>of(
            SimOptions::of, SimOptions::withFaults, SimOptions::withMembership)) {
      try (SimCluster cluster = new SimCluster(options.apply(seed), Rules.STANDARD)) {
        eager(cluster);
        System.out.println(cluster.run());
      }
    }
  }
}
