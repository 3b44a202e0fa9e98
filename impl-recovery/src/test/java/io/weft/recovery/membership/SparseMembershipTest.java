// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import io.weft.spi.membership.MembershipErrors;
import java.time.Duration;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Clusters in which each node is watched by some others only. */
final class SparseMembershipTest {
  /** The failure detector of a {@link WorldNode}, and what messages take. */
  private static final Duration DETECTION = WorldNode.Silence.SPAN.plusMillis(150);

  /** A round of the hubs, and the tick at which they notice. */
  private static final Duration ROUND = Duration.ofMillis(300 + 100);

  private static World of(int size, int watchers, int electors) {
    World world = new World(1, size);
    world.watchers = watchers;
    world.electors = electors;
    world.processesVisible = false; // no proof but silence
    for (int id = 0; id < size; id++) {
      world.start(id);
    }
    MembershipCostTest.settle(world);
    world.run(Duration.ofSeconds(1));
    return world;
  }

  private static NodeSet watchersOf(World world, int node) {
    return new WatchRings(world.records().belonging(), world.watchers).watchersOf(node);
  }

  /** Cuts both directions of all links between two sides. */
  private static void part(World world, IntPredicate left) {
    for (int a = 0; a < world.members.size(); a++) {
      for (int b = 0; b < a; b++) {
        if (left.test(a) != left.test(b)) {
          world.cutBoth(a, b);
        }
      }
    }
  }

  /** Hosts die: connections seem to be there, nothing comes any more. */
  private static void dieSilently(World world, NodeSet nodes) {
    nodes.forEach(
        node -> {
          for (int other = 0; other < world.members.size(); other++) {
            world.cutBoth(node, other);
          }
          world.kill(node);
        });
  }

  private static boolean without(World world, NodeSet nodes) {
    return !world.records().belonging().intersects(nodes);
  }

  /** Its watchers find out by themselves, as soon as in a full mesh. */
  @Test
  void aNodeThatDiesIsOutAsSoonAsItsWatchersSuspectIt() {
    World world = of(24, 3, 5);
    NodeSet victim = NodeSet.of(17);
    dieSilently(world, victim);
    assertTrue(world.runUntil(DETECTION, () -> without(world, victim)), world::describe);
  }

  /** The electors hear every node. */
  @Test
  void allWatchersOfANodeDieWithIt() {
    World world = of(24, 3, 5);
    NodeSet victims = watchersOf(world, 17).minus(NodeSet.ofFirst(5)).with(17);
    NodeSet second = NodeSet.NONE;
    for (int node = victims.next(0); node >= 0; node = victims.next(node + 1)) {
      second = second.union(watchersOf(world, node).minus(NodeSet.ofFirst(5)));
    }
    NodeSet all = victims.union(second);
    dieSilently(world, all);
    assertTrue(world.runUntil(DETECTION.plus(ROUND), () -> without(world, all)), world::describe);
    MembershipCostTest.settle(world);
  }

  /** The leader dies with its watchers, and with other electors. */
  @Test
  void theLeaderDiesWithItsWatchersAndOtherElectors() {
    World world = of(24, 3, 5);
    NodeSet all = watchersOf(world, 0).minus(NodeSet.of(2, 3, 4)).with(0).with(1);
    dieSilently(world, all);
    Duration limit = DETECTION.plus(ROUND).plus(ROUND);
    assertTrue(world.runUntil(limit, () -> without(world, all)), world::describe);
    MembershipCostTest.settle(world);
    assertEquals(2, world.records().belonging().next(0));
  }

  /** Electors that die one after the other are replaced: most nodes may go in the end. */
  @Test
  void electorsAreReplaced() {
    World world = of(16, 3, 3);
    for (int node = 0; node < 12; node++) {
      world.kill(node);
      MembershipCostTest.settle(world);
      assertEquals(
          NodeSet.of(node + 1, node + 2, node + 3), world.nodes.get(15).membership.electors());
    }
  }

  /** The side with most electors goes on, though it has fewer nodes; the other one stops. */
  @Test
  void aPartitionThatSplitsWatchers() {
    World world = of(20, 3, 5);
    part(world, node -> node < 3 || node % 5 == 0);
    NodeSet left = NodeSet.of(0, 1, 2, 5, 10, 15);
    assertTrue(
        world.runUntil(DETECTION.plus(ROUND), () -> world.records().belonging().equals(left)),
        world::describe);
    world.run(WorldNode.LEASE.multipliedBy(2));
    for (int node = 0; node < 20; node++) {
      assertEquals(left.contains(node), world.nodes.get(node).mayAct(), "n" + node);
    }
    long stopped =
        world.allLives.stream()
            .filter(life -> !left.contains(life.id))
            .filter(life -> life.failure.isPresent())
            .filter(
                life ->
                    life.failure.get().code().equals(MembershipErrors.QUORUM_LOST)
                        || life.failure.get().code().equals(MembershipErrors.EVICTED))
            .count();
    assertEquals(14, stopped);
  }

  /** The nodes that are left would be electors of their next view: that does not make a quorum. */
  @Test
  void aMajorityOfTheElectorsThatDiesStopsAll() {
    World world = of(16, 3, 5);
    long epoch = world.records().epoch();
    dieSilently(world, NodeSet.ofFirst(3));
    world.run(WorldNode.LEASE.multipliedBy(2));
    assertEquals(epoch, world.records().epoch());
    assertEquals(0, world.allLives.stream().filter(WorldNode::mayAct).count());
    long stopped =
        world.allLives.stream()
            .flatMap(life -> life.failure.stream())
            .filter(failure -> failure.code().equals(MembershipErrors.QUORUM_LOST))
            .count();
    assertEquals(13, stopped);
  }

  /**
   * A watcher does not hear a node that all others hear: that is a broken link, and one of the two
   * goes after ten heartbeats, as in a full mesh; not at once, and no third one.
   */
  @Test
  void aWatcherThatErrsTakesOutNoNodeAtOnce() {
    World world = of(24, 3, 5);
    int watched = 17;
    int watcher = watchersOf(world, watched).minus(NodeSet.ofFirst(5)).next(0);
    world.cut(watched, watcher);
    world.run(DETECTION.plusMillis(500));
    assertEquals(NodeSet.ofFirst(24), world.records().belonging());
    world.run(Duration.ofSeconds(2));
    NodeSet out = NodeSet.ofFirst(24).minus(world.records().belonging());
    assertEquals(NodeSet.of(Math.max(watched, watcher)), out);
  }

  /** A slow link that is mended before ten heartbeats are over costs nobody anything. */
  @Test
  void aWatcherThatErrsForAShortTimeHarmsNobody() {
    World world = of(24, 3, 5);
    int watcher = watchersOf(world, 17).minus(NodeSet.ofFirst(5)).next(0);
    world.cut(17, watcher);
    world.run(DETECTION.plusMillis(500));
    world.heal();
    world.run(Duration.ofSeconds(5));
    assertEquals(NodeSet.ofFirst(24), world.records().belonging());
  }

  /** Every node asks to leave at once: none is left that could agree on a view. */
  @Test
  void allLeaveTogether() {
    World world = of(24, 3, 5);
    world.nodes.values().forEach(WorldNode::leave);
    assertTrue(
        world.runUntil(Duration.ofSeconds(5), () -> world.running().isEmpty()), world::describe);
  }

  @Test
  void nodesOfALargeClusterJoinDieAndLeave() {
    int size = 128;
    World world = new World(1, size);
    for (int id = 0; id < size - 2; id++) {
      world.start(id);
    }
    MembershipCostTest.settle(world);
    world.start(size - 2);
    world.start(size - 1);
    MembershipCostTest.settle(world);
    assertEquals(size, world.records().belonging().size());
    world.kill(100);
    world.kill(0);
    MembershipCostTest.settle(world);
    world.nodes.get(50).leave();
    world.nodes.get(1).leave();
    world.run(Duration.ofSeconds(1));
    MembershipCostTest.settle(world);
    world.start(0);
    MembershipCostTest.settle(world);
    assertEquals(size - 3, world.records().belonging().size());
    assertEquals(NodeSet.of(0, 2, 3, 4, 5, 6, 7), world.nodes.get(60).membership.electors());
  }
}
