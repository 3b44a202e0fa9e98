// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.Overrides;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Buckets that have been moved: what the record of the next view says of them. */
final class MovedBucketsTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  /** The directory of these worlds gives all buckets to the first member. */
  private final World world = ClusterMembershipTest.formed(3, 3);

  private void goOn() {
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    Overrides agreed = world.records().overrides().orElseThrow();
    for (WorldNode node : world.running()) {
      agreed.forEach(
          (bucket, master) -> assertEquals(master, node.cache.masters.masterOfBucket(bucket)));
    }
  }

  private void assertMoved(Map<Integer, Integer> expected) {
    assertEquals(Overrides.of(expected), world.records().overrides().orElseThrow());
  }

  @Test
  @Tag("RD-1")
  void theProposerTellsAllMembersWhatItKnows() {
    world.nodes.get(0).cache.moves = Map.of(7, 1, 8, 1, 65_535, 0);
    world.nodes.get(1).cache.moves = Map.of(7, 0, 9, 1); // does not count
    world.kill(2);
    goOn();
    assertMoved(Map.of(7, 1, 8, 1));
  }

  @Test
  void movesOfEarlierViewsGoOnUntilTheirMasterGoes() {
    world.nodes.get(0).cache.moves = Map.of(7, 1, 8, 2);
    world.kill(2);
    goOn();
    assertMoved(Map.of(7, 1));
    world.start(2);
    goOn();
    assertMoved(Map.of(7, 1));
    assertEquals(1, world.nodes.get(2).cache.masters.masterOfBucket(7), "the newcomer's map");
    world.nodes.get(0).cache.moves = Map.of(7, 2);
    world.kill(1);
    goOn();
    assertMoved(Map.of(7, 2));
    world.kill(2);
    world.start(1);
    goOn();
    assertMoved(Map.of());
  }

  @Test
  void movesOutlastAStopOfAllNodes() {
    world.nodes.get(0).cache.moves = Map.of(7, 1);
    world.kill(2);
    goOn();
    world.kill(0);
    world.kill(1);
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    goOn();
    assertMoved(Map.of(7, 1));
  }

  /** What does not fit into a message is in the registry. */
  @Test
  void allBucketsMayHaveMoved() {
    Map<Integer, Integer> all = new HashMap<>();
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      all.put(bucket, 1);
    }
    world.nodes.get(0).cache.moves = all;
    world.kill(2);
    goOn();
    assertMoved(all);
  }
}
