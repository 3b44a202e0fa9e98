// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.cachefusion.spec.DirectoryState;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.membership.ViewStep;
import io.weft.plugin.sim.node.SimNode;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.Overrides;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moves of buckets by name, those of the protocol study with their numbers there. */
final class MoveScenariosTest {
  /** More events than a move and a change beside it have. */
  private static final int MOST_STEPS = 60;

  private static final String KEPT = "cache-fusion.moves-kept";

  private static BlockId id(Script script, int block) {
    Blocks blocks = script.cluster.history().blocks();
    return new BlockId(blocks.file(block), blocks.number(block));
  }

  private static int bucket(Script script, int block) {
    return Buckets.of(id(script, block).file(), id(script, block).number());
  }

  private static CompletableFuture<Void> moving(Script script, int from, int to, int block) {
    int bucket = bucket(script, block);
    return script.call(from, () -> script.node(from).cache().moveBucket(bucket, to));
  }

  private static void move(Script script, int from, int to, int block) {
    CompletableFuture<Void> done = moving(script, from, to, block);
    script.until(done::isDone);
    done.join();
  }

  @Test
  void servesABlockAtItsNewMasterAndBackAgain() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(2);
      script.change(0, block);
      move(script, 2, 3, block);
      assertEquals(2, script.change(1, block));
      move(script, 3, 0, block);
      move(script, 0, 2, block);
      assertEquals(3, script.change(3, block));
      for (int node = 0; node < 4; node++) {
        assertEquals(3, script.read(node, block));
      }
      script.finish();
    }
  }

  /** The bucket is served by its master all the time: nothing of it is rebuilt. */
  @Test
  void aMoveOutlastsTheView() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(2);
      script.change(0, block);
      move(script, 2, 3, block);
      script.kill(1);
      List<ViewStep> served = new ArrayList<>();
      script.probe(
          (step, epoch, node) -> {
            if (node.filter(at -> at.id() == 3).isPresent()) {
              DirectoryState state = node.get().cache().inspectDirectory(id(script, block));
              assertTrue(state.serving() && state.owner() >= 0, step + ": " + state);
              served.add(step);
            }
          });
      script.settle();
      assertTrue(served.containsAll(List.of(ViewStep.INSTALLED, ViewStep.RECOVERED)));
      assertEquals(1, script.cluster.counters().get(KEPT));
      assertMaster(script, 3, block);
      assertEquals(2, script.change(2, block));
      script.cluster.lifecycle().start(1);
      script.settle();
      assertMaster(script, 3, block); // at the newcomer, too
      assertEquals(3, script.change(1, block));
      move(script, 3, 0, block);
      script.finish();
    }
  }

  @Test
  void theBucketOfAMasterThatFailsGoesWhereTheHashStrategySays() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(2);
      script.change(0, block);
      move(script, 2, 3, block);
      script.kill(3);
      script.settle();
      assertMaster(script, 2, block);
      assertEquals(2, script.change(1, block));
      script.cluster.lifecycle().start(3);
      script.settle();
      assertMaster(script, 2, block);
      script.finish();
    }
  }

  @Test
  void membersThatAgreeByThemselvesKeepMoves() {
    for (int victim : new int[] {0, 1, 3}) { // n0 proposes views if it can
      try (Script script = Script.ofMembers(1, 4)) {
        int block = script.blockOf(2);
        script.change(2, block);
        move(script, 2, 3, block);
        script.run(10 * Script.MS); // all know of it
        script.kill(victim);
        script.settle();
        assertMaster(script, victim == 3 ? 2 : 3, block);
        assertEquals(victim == 3 ? 0 : 1, script.cluster.counters().get(KEPT));
        assertEquals(2, script.change(2, block));
        script.finish();
      }
    }
  }

  /** A view comes at any event of a move, and names any master. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aViewMayNameAnyMasterOfABucketThatMoves(int named) {
    for (int step = 0; step < MOST_STEPS; step += 2) {
      try (Script script = new Script(4)) {
        int block = script.blockOf(2);
        script.change(2, block); // the former master has it
        moving(script, 2, 3, block);
        script.steps(step);
        script.cluster.membership().place(Overrides.of(Map.of(bucket(script, block), named)));
        script.kill(0);
        script.settle();
        assertMaster(script, named, block);
        assertEquals(1, script.read(1, block));
        assertEquals(2, script.change(3, block));
        script.finish();
      }
    }
  }

  private static void assertMaster(Script script, int master, int block) {
    for (SimNode node : script.cluster.nodes().alive()) {
      assertEquals(master, script.masterOf(node.id(), block), "in the map of " + node);
    }
  }

  @Test
  void onlyAMemberIsTheNextMaster() {
    try (Script script = new Script(3)) {
      int block = script.blockOf(2);
      assertFails("NOT_A_MEMBER", script, moving(script, 2, 2, block));
      assertFails("NOT_A_MEMBER", script, moving(script, 2, 7, block));
      script.finish();
    }
  }

  /** T70: nodes ask for a block while its bucket moves; some go to the former master. */
  @Test
  void t70RequestsDuringAMoveAreServed() {
    for (int step = 0; step < MOST_STEPS; step++) {
      try (Script script = new Script(4)) {
        int block = script.blockOf(2);
        script.change(0, block);
        List<CompletableFuture<?>> all = new ArrayList<>();
        all.add(moving(script, 2, 3, block));
        script.steps(step);
        for (int node = 0; node < 4; node++) {
          all.add(script.changing(node, block));
          all.add(script.reading(node, block));
        }
        script.until(() -> all.stream().allMatch(CompletableFuture::isDone));
        assertTrue(all.stream().noneMatch(CompletableFuture::isCompletedExceptionally));
        assertEquals(5, script.read(0, block));
        script.finish();
      }
    }
  }

  /** T68: the former master, the next one, the owner, or another node fails at any event. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void t68ANodeFailsAtAnyEventOfAMove(int victim) {
    failsAtAnyEvent(Set.of(victim));
  }

  /** T71. */
  @Test
  void t71BothMastersFailAtAnyEventOfAMove() {
    failsAtAnyEvent(Set.of(2, 3));
  }

  private static void failsAtAnyEvent(Set<Integer> victims) {
    for (int step = 0; step < MOST_STEPS; step++) {
      try (Script script = new Script(4)) {
        int block = script.blockOf(2);
        script.change(0, block);
        moving(script, 2, 3, block);
        script.changing(1, block);
        script.steps(step);
        victims.forEach(script::kill);
        script.settle();
        for (int node = 0; node < 4; node++) {
          if (!victims.contains(node)) {
            script.read(node, block);
          }
        }
        script.finish();
      }
    }
  }

  private static void assertFails(String code, Script script, CompletableFuture<Void> done) {
    script.until(done::isDone);
    Throwable error = done.exceptionNow();
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    assertEquals(code, assertInstanceOf(WeftException.class, cause).code().name());
  }
}
