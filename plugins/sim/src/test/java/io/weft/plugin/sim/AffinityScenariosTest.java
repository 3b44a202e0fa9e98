// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.BlockMastery;
import io.weft.api.BucketFlag;
import io.weft.api.Heat;
import io.weft.api.Mastery;
import io.weft.api.MasteryStatistics;
import io.weft.api.MasteryTopology;
import io.weft.api.MoveReason;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.cachefusion.MasterySettings;
import io.weft.grd.AffinityPolicy;
import io.weft.grd.AffinitySettings;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.options.SimOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who masters what after nodes have worked for some time, and what the API says and does. */
final class AffinityScenariosTest {
  private static final int NODES = 3;
  private static final int BLOCKS = 24;
  private static final int FRAMES = 5;

  /** The policy's defaults, for windows of 10 ms instead of 1 s. */
  private static final AffinitySettings POLICY =
      new AffinitySettings(10, 2, Duration.ofMillis(100), 20, 100);

  private static final MasterySettings AUTO =
      new MasterySettings(true, Duration.ofMillis(10), 0.95, 64, 1_000, 4);

  private static final MasterySettings BY_HAND =
      new MasterySettings(false, Duration.ofMillis(10), 0.95, 64, 1_000, 4);

  private static Script script(MasterySettings settings) {
    return new Script(options(), settings, new AffinityPolicy(POLICY));
  }

  /** A quiet cluster with more blocks than frames, so that nodes ask their masters again. */
  private static SimOptions options() {
    SimOptions quiet = SimOptions.scripted(1, NODES, Faults.NONE);
    return new SimOptions(
        quiet.seed(),
        NODES,
        BLOCKS,
        1,
        FRAMES,
        1,
        0,
        0,
        quiet.waiters(),
        0,
        quiet.pastImages(),
        quiet.freeFrames(),
        quiet.writes(),
        quiet.network(),
        quiet.disk(),
        quiet.log(),
        quiet.workload(),
        quiet.faults(),
        quiet.bounds(),
        quiet.moves());
  }

  private static Mastery mastery(Script script, int node) {
    return script.node(node).cache().mastery();
  }

  private static BlockId id(Script script, int block) {
    Blocks blocks = script.cluster.history().blocks();
    return new BlockId(blocks.file(block), blocks.number(block));
  }

  private static long sum(Script script, ToLongFunction<MasteryStatistics> what) {
    long sum = 0;
    for (int node = 0; node < NODES; node++) {
      sum += what.applyAsLong(mastery(script, node).statistics());
    }
    return sum;
  }

  /** Calls the API as a step of a node, and waits for the outcome. */
  private static <T> T call(Script script, int node, Function<Mastery, CompletionStage<T>> call) {
    CompletableFuture<T> done = calling(script, node, call);
    script.until(done::isDone);
    return done.join();
  }

  private static <T> CompletableFuture<T> calling(
      Script script, int node, Function<Mastery, CompletionStage<T>> call) {
    return script.call(node, () -> call.apply(mastery(script, node)));
  }

  private static BlockMastery describe(Script script, int node, int block) {
    return call(script, node, mastery -> mastery.describe(id(script, block)));
  }

  /** All nodes read blocks one after the other: each its own third. */
  private static void workOnThirds(Script script, int rounds) {
    int third = BLOCKS / NODES;
    for (int round = 0; round < rounds; round++) {
      List<CompletableFuture<Long>> all = new ArrayList<>();
      for (int node = 0; node < NODES; node++) {
        all.add(script.reading(node, node * third + round % third));
      }
      script.until(() -> all.stream().allMatch(CompletableFuture::isDone));
      all.forEach(CompletableFuture::join);
      script.run(Script.MS);
    }
  }

  /** Two nodes read the same block; others that they read in between take its frame. */
  private static void twoReadOne(Script script, int block, int rounds) {
    for (int round = 0; round < rounds; round++) {
      for (int node = 0; node < 2; node++) {
        script.read(node, block);
      }
      for (int node = 0; node < 2; node++) {
        for (int other = 1; other <= FRAMES; other++) {
          script.read(node, (block + other) % BLOCKS);
        }
      }
      script.run(5 * Script.MS);
    }
  }

  @Test
  @Tag("MA-5")
  void eachNodeBecomesTheMasterOfWhatItUsesAndThenNothingMoves() {
    try (Script script = script(AUTO)) {
      workOnThirds(script, 300);
      script.run(20 * Script.MS);
      long moves = sum(script, MasteryStatistics::movesOut);
      long requests = sum(script, MasteryStatistics::requests);
      long remote = sum(script, MasteryStatistics::remoteRequests);
      assertTrue(moves > 0 && moves <= BLOCKS, moves + " moves");
      workOnThirds(script, 300);
      script.run(20 * Script.MS);
      long later = sum(script, MasteryStatistics::requests) - requests;
      long laterRemote = sum(script, MasteryStatistics::remoteRequests) - remote;
      assertTrue(later > 500, later + " requests");
      assertTrue(laterRemote * 10 < later, laterRemote + " of " + later + " are remote");
      assertEquals(moves, sum(script, MasteryStatistics::movesOut));
      assertEquals(moves, sum(script, each -> each.moves().get(MoveReason.AFFINITY)));
      MasteryTopology topology = call(script, 0, Mastery::topology);
      assertEquals(
          (int) moves, topology.moved(), "each bucket has moved once, away from the view's master");
      assertEquals(1 << 16, topology.buckets().values().stream().mapToInt(Integer::intValue).sum());
      script.finish();
    }
  }

  @Test
  @Tag("MA-5")
  void aBucketThatTwoNodesUseEquallyOftenMovesOnceAtMost() {
    try (Script script = script(AUTO)) {
      int block = 0;
      twoReadOne(script, block, 100);
      BlockMastery known = describe(script, 2, block);
      assertTrue(known.moves() <= 1, () -> known.toString());
      script.finish();
    }
  }

  @Test
  @Tag("MA-4")
  void onlyRequestsThatReachAMasterAreCounted() {
    try (Script script = script(BY_HAND)) {
      int block = script.blockOf(2);
      for (int i = 0; i < 50; i++) {
        script.read(1, block); // the first one is a request, the others are hits
      }
      script.read(2, block);
      BlockMastery known = describe(script, 0, block);
      assertEquals(new NodeId(2), known.master());
      assertEquals(2, known.reads());
      assertEquals(0, known.writes());
      assertEquals(1, known.remote());
      assertEquals(Heat.COLD, known.heat());
      script.change(1, block);
      assertEquals(1, describe(script, 1, block).writes());
      script.finish();
    }
  }

  @Test
  @Tag("MA-2")
  void anOrderIsPassedOnToTheMasterWhereverItIsGiven() {
    try (Script script = script(BY_HAND)) {
      int block = script.blockOf(2);
      script.change(0, block);
      int to = 2;
      for (int giver = 0; giver < 6; giver++) {
        int next = (to + 1) % NODES;
        call(
            script,
            giver % NODES,
            mastery -> mastery.remaster(id(script, block), new NodeId(next)));
        to = next;
        BlockMastery known = describe(script, (giver + 1) % NODES, block);
        assertEquals(new NodeId(next), known.master());
        assertEquals(giver + 1, known.moves());
        script.change(giver % NODES, block);
      }
      BlockMastery known = describe(script, 0, block);
      assertEquals(MoveReason.MANUAL, known.lastMove().orElseThrow().reason());
      NodeId there = known.master();
      call(script, 1, mastery -> mastery.remaster(id(script, block), there));
      assertEquals(6, describe(script, 0, block).moves(), "to move to the master has no effect");
      script.finish();
    }
  }

  @Test
  @Tag("MA-2")
  void onlyAMemberCanBeTheNextMaster() {
    try (Script script = script(BY_HAND)) {
      CompletableFuture<Void> done =
          calling(script, 0, mastery -> mastery.remaster(id(script, 0), new NodeId(9)));
      script.until(done::isDone);
      Throwable error = done.exceptionNow();
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      WeftException refused = assertInstanceOf(WeftException.class, cause);
      assertEquals("UNKNOWN_MEMBER", refused.code().name());
      assertTrue(refused.getMessage().contains("[n0, n1, n2]"), refused.getMessage());
      script.finish();
    }
  }

  @Test
  @Tag("MA-3")
  void aPinnedBucketStaysUntilItIsUnpinned() {
    try (Script script = script(AUTO)) {
      int block = firstOfAnother(script);
      call(script, 2, mastery -> mastery.pin(id(script, block)));
      workOnThirds(script, 200);
      BlockMastery pinned = describe(script, 1, block);
      assertEquals(0, pinned.moves());
      assertTrue(pinned.flags().contains(BucketFlag.PINNED), () -> pinned.toString());
      call(script, 0, mastery -> mastery.unpin(id(script, block)));
      workOnThirds(script, 200);
      assertEquals(new NodeId(0), describe(script, 1, block).master());
      script.finish();
    }
  }

  /** A block of the third that n0 works on, which another node masters. */
  private static int firstOfAnother(Script script) {
    int block = 0;
    while (script.masterOf(block) == 0) {
      block++;
    }
    return block;
  }

  @Test
  @Tag("MA-1")
  void bucketsOfAFailedMasterAreCountedAsSuch() {
    try (Script script = script(BY_HAND)) {
      int block = script.blockOf(2);
      script.change(0, block);
      script.kill(2);
      script.settle();
      int heir = script.masterOf(0, block);
      script.read(1, block);
      BlockMastery known = describe(script, 1 - heir, block);
      assertEquals(MoveReason.FAILOVER, known.lastMove().orElseThrow().reason());
      assertTrue(
          mastery(script, heir).statistics().moves().get(MoveReason.FAILOVER) > 0, "not counted");
      script.finish();
    }
  }

  /** A move outlasts a view; so does its reason, and nothing has failed over by it. */
  @Test
  void aViewDoesNotChangeHowABucketHasComeToItsMaster() {
    try (Script script = script(BY_HAND)) {
      int block = script.blockOf(2);
      call(script, 1, mastery -> mastery.remaster(id(script, block), new NodeId(0)));
      script.kill(2);
      script.settle();
      BlockMastery known = describe(script, 1, block);
      assertEquals(new NodeId(0), known.master());
      assertEquals(MoveReason.MANUAL, known.lastMove().orElseThrow().reason());
      script.finish();
    }
  }

  /** The hash strategy gives a bucket back to the node from which it was moved. */
  @Test
  void aBucketThatReturnsBecauseItsMasterFailedHasFailedOver() {
    try (Script script = script(BY_HAND)) {
      int block = script.blockOf(2);
      call(script, 1, mastery -> mastery.remaster(id(script, block), new NodeId(0)));
      script.kill(0);
      script.settle();
      BlockMastery known = describe(script, 1, block);
      assertEquals(new NodeId(2), known.master());
      assertEquals(MoveReason.FAILOVER, known.lastMove().orElseThrow().reason());
      script.finish();
    }
  }

  @Test
  void anOrderToBalanceMovesSharedBucketsOfAMasterWithAllTheLoad() {
    try (Script script = script(BY_HAND)) {
      for (int block = 0; block < 6; block++) {
        int each = block;
        call(script, 0, mastery -> mastery.remaster(id(script, each), new NodeId(2)));
      }
      for (int round = 0; round < 60; round++) {
        for (int node = 0; node < NODES; node++) {
          for (int block = 0; block < 6; block++) {
            script.read(node, block);
          }
        }
      }
      script.run(110 * Script.MS); // they rest after the order
      int moved = call(script, 1, Mastery::rebalance);
      assertTrue(moved > 0, "nothing moved");
      script.run(20 * Script.MS);
      assertEquals(
          moved, sum(script, each -> each.moves().getOrDefault(MoveReason.LOAD_BALANCE, 0L)));
      script.finish();
    }
  }
}
