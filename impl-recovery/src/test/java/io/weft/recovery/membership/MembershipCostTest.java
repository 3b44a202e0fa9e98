// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/**
 * What membership costs a node: messages and bytes, counted in a {@link World} without faults. Of
 * hubs (electors, proposer) and of all other nodes. {@code -Dweft.cost-nodes=3,10,100,1000} chooses
 * the sizes of the clusters.
 */
final class MembershipCostTest {
  private static final int[] NODES =
      Arrays.stream(System.getProperty("weft.cost-nodes", "3,10,40").split(","))
          .mapToInt(Integer::parseInt)
          .toArray();

  private static final int SECONDS = 3;
  private static final double SLACK = 1.1;

  /** Nodes of a cluster that has settled, and what they have sent and received since a moment. */
  private static final class Cost {
    private final World world;
    private final List<WorldNode> nodes;
    private final List<long[]> before = new ArrayList<>();

    Cost(World world) {
      this.world = world;
      nodes = world.running();
      nodes.forEach(node -> before.add(counts(node)));
    }

    private static long[] counts(WorldNode node) {
      WorldNetwork network = node.network;
      return new long[] {network.sent, network.received, network.sentBytes, network.receivedBytes};
    }

    /** The largest of a count among hubs, or among the other nodes. */
    double most(boolean hubs, int which) {
      NodeSet known = world.nodes.get(world.running().getLast().id).membership.electors();
      double most = 0;
      for (int i = 0; i < nodes.size(); i++) {
        if (nodes.get(i).alive && known.contains(nodes.get(i).id) == hubs) {
          most = Math.max(most, counts(nodes.get(i))[which] - before.get(i)[which]);
        }
      }
      return most;
    }

    String row(int size, String what, boolean hubs, double per) {
      return String.format(
          "| %,5d | %-11s | %-6s | %,9.0f | %,9.0f | %,12.0f | %,12.0f |",
          size,
          what,
          hubs ? "elector" : "other",
          most(hubs, 0) / per,
          most(hubs, 1) / per,
          most(hubs, 2) / per,
          most(hubs, 3) / per);
    }
  }

  static World settled(long seed, int size, ToLongFunction<World> setUp) {
    World world = new World(seed, size);
    setUp.applyAsLong(world);
    for (int id = 0; id < size; id++) {
      world.start(id);
    }
    settle(world);
    return world;
  }

  /** Looks every now and then only: it takes long to look at many nodes. */
  static void settle(World world) {
    for (int i = 0; i < 1200 && !world.isWhole(); i++) {
      world.run(Duration.ofMillis(50));
    }
    assertTrue(world.isWhole(), world::describe);
  }

  @Test
  void aNodeThatIsNoElectorPaysTheSameInALargerCluster() {
    System.out.println("messages and bytes of the busiest node, sent and received");
    for (int size : NODES) {
      World world = settled(1, size, w -> 0);
      world.run(Duration.ofSeconds(1));
      Cost beat = new Cost(world);
      world.run(Duration.ofSeconds(SECONDS));
      boolean limited = world.running().getLast().membership.electors().size() < size;
      System.out.println(beat.row(size, "each second", true, SECONDS));
      if (limited) {
        System.out.println(beat.row(size, "each second", false, SECONDS));
        double fine = 6 * 10.0;
        double rounds = 7 * 1000.0 / 300;
        assertTrue(beat.most(false, 0) / SECONDS <= SLACK * (fine + rounds), "sent");
        assertTrue(beat.most(true, 0) / SECONDS <= SLACK * (fine + size * 1000.0 / 300), "hub");
      }
      Cost change = new Cost(world);
      long begin = world.now();
      int victim = size - 1;
      world.kill(victim);
      settle(world);
      assertEquals(size - 1, world.records().belonging().size());
      System.out.println(change.row(size, "view change", true, 1));
      if (limited) {
        System.out.println(change.row(size, "view change", false, 1));
      }
      System.out.printf("        complete after %d ms%n", (world.now() - begin) / World.MS);
    }
  }
}
