// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.run.RunResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clusters with more nodes than a word has bits. {@code -Dweft.many-nodes=} chooses how many, up to
 * 1,024; {@code -Dweft.many-seeds=} how many seeds. A view change takes a number of steps that
 * grows with the square of the nodes.
 */
final class ManyNodesTest {
  private static final int NODES = Integer.getInteger("weft.many-nodes", 128);
  private static final int SEEDS = Integer.getInteger("weft.many-seeds", 1);
  private static final int BLOCK = 3;

  /** How much later the acknowledgement of one sharer comes than those of the others. */
  private static final long LATE_NS = 5 * Script.MS;

  private static NodeSet sharers(Script script) {
    Blocks blocks = script.cluster.history().blocks();
    DirectoryState state =
        script
            .node(script.masterOf(BLOCK))
            .cache()
            .inspectDirectory(new BlockId(blocks.file(BLOCK), blocks.number(BLOCK)));
    return state.sharers();
  }

  /** All nodes read a block, then one changes it: every copy goes before the change. */
  @ParameterizedTest
  @ValueSource(ints = {65, 200})
  void aWriterWaitsForTheLastOfAllSharers(int nodes) {
    try (Script script = new Script(1, nodes, Faults.NONE)) {
      script.change(0, BLOCK);
      List<CompletableFuture<Long>> reads = new ArrayList<>();
      for (int node = 0; node < nodes; node++) {
        reads.add(script.reading(node, BLOCK));
      }
      script.until(() -> reads.stream().allMatch(CompletableFuture::isDone));
      reads.forEach(CompletableFuture::join);
      script.run(Script.MS); // until every Done has arrived
      assertEquals(NodeSet.ofFirst(nodes), sharers(script));
      int writer = nodes / 2;
      script.node(nodes - 1).process().slowDown(LATE_NS);
      CompletableFuture<Long> changed = script.changing(writer, BLOCK);
      script.run(LATE_NS / 2);
      assertFalse(changed.isDone(), "one acknowledgement is missing");
      script.node(nodes - 1).process().slowDown(0);
      script.until(changed::isDone);
      assertEquals(script.cluster.history().latest(BLOCK), changed.join());
      script.run(Script.MS);
      assertEquals(NodeSet.NONE, sharers(script));
      assertEquals(script.read(nodes - 1, BLOCK), changed.join());
      script.finish();
      System.out.printf(
          "%d nodes share a block: %d steps%n", nodes, script.cluster.result().steps());
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "weft.many-nodes", matches = ".*")
  void aWriterWaitsForTheLastOfAsManySharersAsChosen() {
    long begin = System.nanoTime();
    aWriterWaitsForTheLastOfAllSharers(NODES);
    System.out.printf(
        "%d nodes share a block, in %.1f s%n", NODES, (System.nanoTime() - begin) / 1e9);
  }

  /** Nodes join, are killed and leave, and blocks move between all of them. */
  @Test
  void losesNothingWhenNodesOfALargeClusterComeAndGo() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      SimOptions options = SimOptions.ofMany(seed, NODES);
      try (SimCluster cluster = new SimCluster(options, Rules.STANDARD)) {
        long begin = System.nanoTime();
        RunResult result = cluster.run();
        System.out.printf(
            "%d nodes, seed %d: %d operations, %d gave up, %d steps, %s, %.1f simulated ms, in"
                + " %.1f s%n",
            NODES,
            seed,
            result.operations(),
            result.failures(),
            result.steps(),
            result.counts(),
            result.virtualNs() / 1e6,
            (System.nanoTime() - begin) / 1e9);
        assertTrue(result.counts().get("faults") > 0);
        assertTrue(result.counts().get("restarts") > 0);
        assertTrue(result.counts().get("views") > 1);
      }
    }
  }
}
