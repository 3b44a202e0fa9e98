// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.sim.history.Blocks;
import io.weft.plugin.sim.membership.ViewStep;
import io.weft.plugin.sim.options.Faults;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The failures that a shared cache has to survive, one short script each; the numbers are those of
 * the README's table. After every script everything is mended, and every change that was
 * acknowledged has to be there; all invariants are checked after every step anyway.
 */
final class RecoveryScenariosTest {
  private static final int B = 0;

  /** More events than any of the operations takes. */
  private static final int MOST_STEPS = 60;

  @Test
  void t36OwnerOfACleanBlockDies() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.run(30 * Script.MS);
      script.change(0, B);
      CompletableFuture<Void> written = script.node(0).cache().checkpoint().toCompletableFuture();
      script.until(written::isDone);
      script.kill(0);
      script.settle();
      assertEquals(2, script.read(1, B));
      script.finish();
    }
  }

  @Test
  void t37OwnerDiesBeforeItsRedoIsDurable() {
    int lost = 0;
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        script.change(0, B);
        script.changeLazily(0, B);
        script.kill(0);
        script.settle();
        long version = script.read(1, B);
        lost += version == 1 ? 1 : 0;
        script.finish();
      }
    }
    assertTrue(lost > 0, "the change was never lost");
  }

  @Test
  void t38DurableChangesAreReplayedOnce() {
    try (Script script = new Script(3)) {
      for (int i = 0; i < 5; i++) {
        script.change(0, B);
      }
      script.kill(0);
      script.settle();
      assertEquals(5, script.read(2, B));
      assertEquals(6, script.change(1, B));
      script.finish();
    }
  }

  /** Each node fails once at every event of the transfer of a changed block: T39 to T42, T47. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void t39ToT42AnybodyDiesAtAnyEventOfATransfer(int victim) {
    for (int step = 0; step < MOST_STEPS; step++) {
      for (boolean dirty : new boolean[] {true, false}) {
        try (Script script = new Script(4)) {
          int block = script.blockOf(2);
          script.change(0, block);
          if (!dirty) {
            script.read(3, block);
          }
          script.changing(1, block);
          script.steps(step);
          script.kill(victim);
          script.settle();
          for (int node = 0; node < 4; node++) {
            if (node != victim) {
              script.read(node, block);
            }
          }
          script.finish();
        }
      }
    }
  }

  @Test
  void t41MasterDiesWithAQueueOfRequests() {
    for (int step = 0; step < MOST_STEPS; step += 3) {
      try (Script script = new Script(4)) {
        int block = script.blockOf(2);
        script.change(0, block);
        CompletableFuture<Long> first = script.changing(1, block);
        CompletableFuture<Long> second = script.changing(3, block);
        CompletableFuture<Long> third = script.changing(0, block);
        script.steps(step);
        script.kill(2);
        script.until(() -> first.isDone() && second.isDone() && third.isDone());
        assertEquals(4, script.read(0, block));
        script.finish();
      }
    }
  }

  @Test
  void t43OwnerOfADirtySharedBlockDies() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.read(1, B);
      script.kill(0);
      script.settle();
      assertEquals(1, script.read(1, B));
      script.kill(1);
      script.settle();
      assertEquals(1, script.read(2, B));
      script.finish();
    }
  }

  @Test
  void t44KeeperOfAPastImageDies() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(1, B);
      script.kill(0);
      script.settle();
      assertEquals(2, script.read(2, B));
      script.finish();
    }
  }

  @Test
  void t45RedoChainBeginsAtAPastImage() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(0, B);
      script.change(1, B);
      script.change(1, B);
      script.kill(1);
      script.settle();
      assertEquals(4, script.read(2, B));
      script.finish();
    }
  }

  @Test
  void t46OwnerDiesInTheMiddleOfAWrite() {
    long torn = 0;
    for (int seed = 1; seed <= 20; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        script.change(0, B);
        script.node(0).cache().checkpoint();
        script.run(Script.MS / 20);
        script.kill(0);
        script.settle();
        assertEquals(1, script.read(1, B));
        script.finish();
        torn += script.cluster.storage().disk().tornBlocks();
      }
    }
    assertTrue(torn > 0, "no block was torn");
  }

  @Test
  void t51UnaffectedBlocksAreServedWhileRecoveryWaits() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(1, B + 1);
      script.cluster.storage().disk().failFences(1000);
      script.kill(0);
      script.until(() -> script.cluster.membership().epoch() > 1);
      assertEquals(1, script.read(1, B + 1));
      assertEquals(2, script.change(1, B + 1));
      script.finish();
    }
  }

  /** T52 and T66: nothing of failed nodes is touched before they are fenced. */
  @Test
  @Tag("CC-3")
  void t52AndT66AccessToALostBlockWaitsForTheFence() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.cluster.storage().disk().failFences(50);
      script.kill(0);
      CompletableFuture<Long> read = script.reading(1, B);
      script.run(Script.MS / 2);
      assertFalse(read.isDone(), "served before the fence was up");
      script.until(read::isDone);
      assertEquals(1, read.join());
      script.finish();
    }
  }

  /** At most the block that was under way when the request came is written before it. */
  @Test
  void t53BlocksThatSomebodyWaitsForAreRecoveredFirst() {
    int mostBehind = 0;
    for (int each = 0; each < 8; each++) {
      int hot = each;
      for (int seed = 1; seed <= 5; seed++) {
        try (Script script = new Script(seed, 3, Faults.oneBlockAtATime())) {
          for (int block = 0; block < 8; block++) {
            script.change(0, block);
          }
          script.kill(0);
          CompletableFuture<Long> read = script.reading(1, hot);
          script.until(() -> script.cluster.storage().disk().version(hot) > 0);
          int before = 0;
          int behind = 0;
          for (int block = 0; block < 8; block++) {
            if (block != hot && script.masterOf(1, block) == script.masterOf(1, hot)) {
              boolean recovered = script.cluster.storage().disk().version(block) > 0;
              before += recovered ? 1 : 0;
              behind += recovered ? 0 : 1;
            }
          }
          assertTrue(before <= 1, before + " blocks are there before block " + hot);
          mostBehind = Math.max(mostBehind, behind);
          script.until(read::isDone);
          script.finish();
        }
      }
    }
    assertTrue(mostBehind > 2, "there was nothing to be faster than");
  }

  /** Every step of the recovery of one crash, and a crash of each of the others there. */
  @ParameterizedTest
  @EnumSource(value = ViewStep.class)
  void t54AndT61SecondCrashAtEveryStepOfRecovery(ViewStep step) {
    for (int victim = 1; victim < 4; victim++) {
      for (int count = 1; count <= 3; count++) {
        try (Script script = new Script(4)) {
          for (int block = 0; block < 8; block++) {
            script.change(block % 4, block);
            script.change((block + 1) % 4, block);
          }
          script.killAt(step, count, victim);
          script.kill(0);
          script.settle();
          script.run(Script.MS); // the last step of all may have brought the crash
          script.probe((done, epoch, node) -> {});
          script.settle();
          for (int block = 0; block < 8; block++) {
            assertEquals(2, script.read(script.cluster.nodes().alive().getFirst().id(), block));
          }
          script.finish();
        }
      }
    }
  }

  /** A block that a survivor holds needs no redo, until the survivor dies, too. */
  @Test
  void t55RedoOfABlockThatASurvivorHeldIsStillThere() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.read(1, B);
      script.killAt(ViewStep.COMPLETE, 1, 1);
      script.kill(0);
      script.until(() -> script.node(1).process().isDead());
      assertEquals(0, script.cluster.storage().disk().version(B));
      script.settle();
      assertEquals(1, script.read(2, B));
      script.finish();
    }
  }

  @Test
  void t56RedoOfThreeDeadNodesIsMergedByVersion() {
    try (Script script = new Script(4)) {
      for (int i = 0; i < 6; i++) {
        script.change(i % 3, B);
      }
      script.kill(0);
      script.kill(1);
      script.kill(2);
      script.settle();
      assertEquals(6, script.read(3, B));
      script.finish();
    }
  }

  @Test
  void t57AllButOneDie() {
    try (Script script = new Script(5)) {
      for (int block = 0; block < 8; block++) {
        script.change(block % 5, block);
      }
      for (int node = 0; node < 4; node++) {
        script.kill(node);
        script.run(Script.MS / 10);
      }
      script.settle();
      for (int block = 0; block < 8; block++) {
        assertEquals(1, script.read(4, block));
      }
      script.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t58AllNodesDieAtOnce(boolean powerLost) {
    for (int seed = 1; seed <= 10; seed++) {
      try (Script script = new Script(seed, 3, Faults.NONE)) {
        for (int block = 0; block < 8; block++) {
          script.change(block % 3, block);
          script.change((block + 1) % 3, block);
        }
        script.cluster.lifecycle().killAll(powerLost);
        for (int node = 0; node < 3; node++) {
          script.cluster.lifecycle().start(node);
        }
        script.settle();
        for (int block = 0; block < 8; block++) {
          assertEquals(2, script.read(block % 3, block));
        }
        script.finish();
      }
    }
  }

  @Test
  void t59NodeComesBackBeforeItsEndIsNoticed() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.kill(0);
      script.cluster.lifecycle().start(0);
      script.settle();
      assertEquals(3, script.cluster.membership().members().size());
      assertEquals(1, script.read(0, B));
      script.finish();
    }
  }

  @Test
  @Tag("TR-6")
  void t60MessagesOfOlderEpochsAreDropped() {
    long dropped = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
      try (Script script = new Script(4)) {
        int block = script.blockOf(2);
        script.change(0, block);
        script.changing(1, block);
        script.steps(step);
        script.kill(3);
        script.settle();
        assertEquals(script.cluster.history().latest(block), script.read(0, block));
        script.finish();
        dropped += script.cluster.network().dropped();
      }
    }
    assertTrue(dropped > 0, "no message came too late");
  }

  @Test
  void t62PausedNodeWakesUpAfterItsEviction() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.changeLazily(0, B + 1);
      script.node(0).cache().checkpoint();
      script.pause(0);
      script.until(() -> !script.cluster.membership().isMember(script.node(0)));
      script.until(script.cluster.membership()::isQuiet);
      long version = script.cluster.storage().disk().version(B);
      long durable = script.node(0).log().durableLsn();
      CompletableFuture<Long> late = script.changing(0, B);
      CompletableFuture<Long> read = script.reading(0, B);
      script.resume(0);
      script.until(() -> script.node(0).stopReason().isPresent());
      script.run(Script.MS);
      assertFalse(late.isDone() && !late.isCompletedExceptionally(), "committed after eviction");
      assertFalse(read.isDone() && !read.isCompletedExceptionally(), "read after eviction");
      assertEquals(version, script.cluster.storage().disk().version(B));
      assertEquals(durable, script.node(0).log().durableLsn());
      script.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void t63NodeHearsButIsNotHeardOrTheOtherWayRound(boolean towards) {
    try (Script script = new Script(3)) {
      script.change(0, B);
      for (int peer = 0; peer < 3; peer++) {
        script.node(peer).expectStop();
      }
      for (int peer = 1; peer < 3; peer++) {
        script.cluster.network().cut(towards ? peer : 0, towards ? 0 : peer);
      }
      script.until(() -> script.cluster.membership().members().size() < 3);
      script.finish();
    }
  }

  @Test
  void t65NodeLosesTheStorage() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.node(0).expectLossOfLease();
      script.node(0).store().losePath();
      script.node(0).log().failForce(true);
      script.cluster.lifecycle().suspect(script.node(0));
      CompletableFuture<Long> read = script.reading(1, B);
      script.until(read::isDone);
      assertEquals(1, read.join());
      script.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {3_600_000, -3_600_000})
  void t72WallClockJumps(long millis) {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.node(0).process().stepWallClock(millis);
      script.run(50 * Script.MS);
      assertEquals(2, script.change(0, B));
      assertEquals(2, script.read(1, B));
      assertEquals(3, script.cluster.membership().members().size());
      script.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void t73MasterOwnerOrRequesterStandsStillForAWhile(int paused) {
    try (Script script = new Script(3)) {
      int block = script.blockOf(2);
      script.change(0, block);
      script.node(paused).process().pause();
      CompletableFuture<Long> change = script.changing(1, block);
      script.run(5 * Script.MS);
      script.resume(paused);
      script.until(change::isDone);
      assertEquals(2, change.join());
      assertEquals(3, script.cluster.membership().members().size());
      script.finish();
    }
  }

  /** A write counts only when the one who wrote it has forced it (R36). */
  @Test
  void writeOfAnotherNodeThatIsLostWithItsPowerIsInRedoStill() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(1, B);
      script.node(1).cache().writeBack();
      script.until(() -> script.cluster.storage().disk().version(B) == 2);
      long lsn = script.node(0).log().beginCheckpoint();
      script.node(1).expectStop();
      script.cluster.lifecycle().losePower(1);
      script.settle();
      script.node(0).log().endCheckpoint(lsn);
      script.cluster.lifecycle().redoForgotten();
      assertEquals(2, script.read(2, B));
      script.finish();
    }
  }

  /** Survivors do not trust what a failed node has written (R37): its power may fail, too. */
  @Test
  void whatAFailedNodeWroteIsWrittenAgain() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(1, B);
      script.node(1).cache().writeBack();
      script.until(() -> script.cluster.storage().disk().version(B) == 2);
      assertFalse(script.cluster.storage().disk().isStable(B));
      script.kill(1);
      script.settle();
      script.cluster.lifecycle().losePower(1);
      assertEquals(2, script.cluster.storage().disk().version(B));
      assertEquals(2, script.read(2, B));
      script.finish();
    }
  }

  /** Redo reaches the version that the damaged block's header names: it is made anew. */
  @Test
  void aDamagedBlockIsHealedByTheImageInRedo() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.node(0).cache().writeBack();
      script.until(() -> script.cluster.storage().disk().version(B) == 1);
      script.cluster.storage().disk().rot(B);
      script.kill(0);
      script.settle();
      assertEquals(1, script.read(1, B));
      assertFalse(script.cluster.storage().disk().isTorn(B));
      script.finish();
    }
  }

  /**
   * A block that nobody can make anew is an error for who wants it; the others are served, nobody
   * stops, the failed node's log is kept, and once somebody has restored the block it is served.
   */
  @ParameterizedTest
  @ValueSource(strings = {"content", "sector", "file"})
  void aBlockThatCannotBeRecoveredIsQuarantined(String lost) {
    try (Script script = new Script(3)) {
      int block = script.blockOf(0);
      int other = block == B ? B + 1 : B;
      script.change(0, block);
      script.change(0, other);
      script.change(1, block);
      script.node(1).cache().checkpoint();
      script.until(() -> script.cluster.storage().disk().stableVersion(block) == 2);
      byte[] copy = script.cluster.storage().disk().contents().get(block);
      script.at(1, () -> script.node(1).cache().drain());
      script.until(() -> script.node(1).cache().statistics().framesFree() == 16);
      switch (lost) {
        case "content" -> script.cluster.storage().disk().rot(block);
        case "sector" -> script.cluster.storage().disk().loseSector(block);
        default -> script.cluster.storage().disk().loseFile(block);
      }
      script.kill(0);
      script.until(() -> script.cluster.membership().isComplete());
      assertEquals(1, script.read(2, other));
      WeftException refused = script.refused(2, block);
      assertEquals(StoreErrors.QUARANTINED, refused.code());
      assertTrue(refused.getMessage().contains("block "), refused.getMessage());
      script.cluster.storage().disk().restore(block, 2, copy);
      script.run(11_000 * Script.MS);
      assertEquals(2, script.read(2, block));
      assertTrue(script.node(1).process().isRunning());
      assertTrue(script.node(2).process().isRunning());
    }
  }

  /**
   * A block in quarantine: on disk version 1, then unreadable; n2 has 2 as past image, n1 had 3.
   */
  private static byte[] quarantineWithAPastImage(Script script, int block) {
    script.change(2, block);
    script.node(2).cache().checkpoint();
    script.until(() -> script.cluster.storage().disk().stableVersion(block) == 1);
    byte[] copy = script.cluster.storage().disk().contents().get(block);
    script.change(2, block);
    script.change(1, block);
    script.cluster.storage().disk().loseSector(block);
    script.kill(1);
    script.until(() -> script.cluster.membership().isComplete());
    assertEquals(StoreErrors.QUARANTINED, script.refused(0, block).code());
    return copy;
  }

  /** Its block is quarantined, so that nobody will write it: nothing may wait for that. */
  @Test
  @Tag("CC-1")
  void aPastImageOfAQuarantinedBlockHoldsUpNeitherCheckpointNorDrain() {
    try (Script script = new Script(3)) {
      int block = script.blockOf(0);
      byte[] copy = quarantineWithAPastImage(script, block);
      CompletableFuture<Void> checkpoint =
          script.node(2).cache().checkpoint().toCompletableFuture();
      script.until(checkpoint::isDone);
      assertEquals(2, script.cluster.storage().disk().savedVersion(block));
      CompletableFuture<Void> drain = new CompletableFuture<>();
      script.at(2, () -> script.node(2).cache().drain().thenRun(() -> drain.complete(null)));
      script.until(drain::isDone);
      script.cluster.storage().disk().restore(block, 1, copy);
    }
  }

  /** An older copy is restored: its past image, newer, makes up for what redo does not have. */
  @Test
  void aPastImageHealsAQuarantinedBlockAlsoAfterACheckpoint() {
    try (Script script = new Script(3)) {
      int block = script.blockOf(0);
      byte[] copy = quarantineWithAPastImage(script, block);
      CompletableFuture<Void> checkpoint =
          script.node(2).cache().checkpoint().toCompletableFuture();
      script.until(checkpoint::isDone);
      script.cluster.storage().disk().restore(block, 1, copy);
      script.run(11_000 * Script.MS);
      assertEquals(3, script.read(0, block));
      script.finish();
    }
  }

  /** The keeper of its past image is gone when somebody restores the block. */
  @Test
  void aQuarantinedBlockDoesNotWaitForAKeeperThatHasStopped() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      byte[] copy = quarantineWithAPastImage(script, block);
      script.kill(2);
      script.until(() -> script.cluster.membership().isComplete());
      script.run(11_000 * Script.MS);
      assertEquals(StoreErrors.QUARANTINED, script.refused(3, block).code());
      script.cluster.storage().disk().restore(block, 1, copy);
      script.run(11_000 * Script.MS);
      assertEquals(3, script.read(0, block));
    }
  }

  /** Version 2 of a block is nowhere but in n2's memory and beside the block. */
  private static void saveImage(Script script, int block) {
    script.change(2, block);
    script.node(2).cache().checkpoint();
    script.until(() -> script.cluster.storage().disk().stableVersion(block) == 1);
    script.change(2, block);
    script.take(1, block);
    script.cluster.storage().disk().failReads(block, true);
    script.kill(1);
    script.until(() -> script.cluster.membership().isComplete());
    assertEquals(StoreErrors.QUARANTINED, script.refused(0, block).code());
    script.checkpoint(2);
    assertEquals(2, script.cluster.storage().disk().savedVersion(block));
  }

  /**
   * Only the image that n2 has kept beside the blocks has version 2: nobody's redo and nobody's
   * memory, when its block becomes readable in version 1 again.
   *
   * @param end what comes between: n2 is drained, leaves and the old master goes on; the master
   *     fails as well, so that a new one has to learn of the image; all nodes start anew
   */
  @ParameterizedTest
  @ValueSource(strings = {"drained", "keeper", "master", "all"})
  @Tag("CC-1")
  void anImageKeptBesideTheBlocksIsNotForgotten(String end) {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImage(script, block);
      CompletableFuture<Void> drain = new CompletableFuture<>();
      script.at(2, () -> script.node(2).cache().drain().thenRun(() -> drain.complete(null)));
      script.until(drain::isDone);
      switch (end) {
        case "keeper" -> script.kill(2);
        case "master" -> {
          script.kill(2);
          script.kill(0);
        }
        case "all" -> {
          for (int node : new int[] {0, 2, 3}) {
            script.kill(node);
          }
          for (int node : new int[] {0, 3}) {
            script.cluster.lifecycle().start(node);
          }
        }
        default -> {}
      }
      script.cluster.storage().disk().failReads(block, false);
      script.until(() -> script.cluster.membership().isComplete());
      script.run(11_000 * Script.MS);
      assertEquals(2, script.read(3, block));
      script.until(() -> script.cluster.storage().disk().savedVersion(block) == 0);
      assertEquals(2, script.cluster.storage().disk().stableVersion(block));
    }
  }

  /**
   * Of block {@code block}, disk has version 1 and cannot be read, and version 2 is nowhere but in
   * the image that n2 has kept beside it before it ended.
   */
  private static void saveImageAndLeave(Script script, int block) {
    saveImage(script, block);
    script.kill(2);
    script.until(
        () ->
            script.cluster.membership().isComplete()
                && script.cluster.membership().members().equals(script.cluster.nodes().alive()));
  }

  /** There has been version 2, so that nobody gets version 1, whoever looks. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CC-1")
  void aBlockWhoseKeptImageIsDamagedStaysInQuarantine(boolean coldStart) {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().damageSavedImage(block);
      if (coldStart) {
        script.kill(0);
        script.kill(3);
        script.cluster.lifecycle().start(0);
        script.cluster.lifecycle().start(3);
      }
      script.cluster.storage().disk().failReads(block, false);
      script.until(() -> script.cluster.membership().isComplete());
      for (int look = 0; look < 2; look++) {
        script.run(11_000 * Script.MS);
        script.refused(3, block);
        script.run(100 * Script.MS);
        assertEquals(StoreErrors.QUARANTINED, script.refused(3, block).code());
      }
      assertEquals(1, script.cluster.storage().disk().stableVersion(block));
      assertEquals(2, script.cluster.storage().disk().savedVersion(block));
      assertEquals(1, script.change(0, block == B ? B + 1 : B));
    }
  }

  /** Nobody knows then which blocks are older on disk: they wait for the list, others do not. */
  @Test
  @Tag("CC-1")
  void aListOfKeptImagesThatFailsIsAskedForAgain() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      int other = script.blockOf(3);
      script.change(3, other);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().failReads(block, false);
      script.cluster.storage().disk().failLists(20);
      script.kill(0);
      CompletableFuture<Long> read = script.reading(3, block);
      script.run(1_000 * Script.MS);
      assertTrue(script.cluster.storage().disk().failsLists());
      assertFalse(read.isDone(), "served before anybody knew of the image");
      String waits = script.node(3).cache().recoveryWaitsFor().orElseThrow();
      assertTrue(waits.contains("the list of saved images"), waits);
      assertEquals(1, script.read(3, other));
      script.until(read::isDone);
      assertEquals(2, read.join());
      assertFalse(script.cluster.storage().disk().failsLists());
      assertEquals(Optional.empty(), script.node(3).cache().recoveryWaitsFor());
      script.until(() -> script.cluster.storage().disk().savedVersion(block) == 0);
      assertEquals(2, script.cluster.storage().disk().stableVersion(block));
    }
  }

  /** It is whole, and was only not to be read for a moment: like a block it is read again. */
  @Test
  @Tag("CC-1")
  void aKeptImageThatCannotBeReadForAMomentIsReadAgain() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().failReads(block, false);
      script.cluster.storage().disk().failSavedImageReads(3);
      script.kill(0);
      script.until(() -> script.cluster.membership().isComplete());
      assertEquals(2, script.read(3, block));
    }
  }

  /** The look at a quarantined block fails for want of a list; the next one does not. */
  @Test
  void aLookThatFindsNoListLeavesTheBlockInQuarantine() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().failReads(block, false);
      script.cluster.storage().disk().failLists(1);
      script.run(11_000 * Script.MS);
      assertEquals(StoreErrors.QUARANTINED, script.refused(3, block).code());
      assertFalse(script.cluster.storage().disk().failsLists());
      script.run(11_000 * Script.MS);
      assertEquals(2, script.read(3, block));
    }
  }

  /** The disk rots, too: nothing but the image that is kept is left of the block, and is enough. */
  @Test
  @Tag("CC-1")
  void aBlockThatHasRottedIsMadeAnewFromItsKeptImage() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().failReads(block, false);
      script.cluster.storage().disk().rot(block);
      script.run(11_000 * Script.MS);
      assertEquals(2, script.read(3, block));
      assertFalse(script.cluster.storage().disk().isTorn(block));
      assertEquals(2, script.cluster.storage().disk().stableVersion(block));
    }
  }

  /** Without space the image is not kept, and redo goes on standing for it. */
  @Test
  @Tag("CC-1")
  void aPastImageThatFindsNoSpaceHoldsItsRedoBack() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      byte[] copy = quarantineWithAPastImage(script, block);
      script.cluster.storage().disk().lackAllSpace(true);
      CompletableFuture<Void> checkpoint =
          script.node(2).cache().checkpoint().toCompletableFuture();
      script.until(() -> script.cluster.storage().disk().foundNoSpace() > 2);
      assertFalse(checkpoint.isDone());
      assertEquals(0, script.cluster.storage().disk().savedVersion(block));
      script.cluster.storage().disk().lackAllSpace(false);
      script.until(checkpoint::isDone);
      assertEquals(2, script.cluster.storage().disk().savedVersion(block));
      script.cluster.storage().disk().restore(block, 1, copy);
      script.run(11_000 * Script.MS);
      assertEquals(3, script.read(0, block));
      script.until(() -> script.cluster.storage().disk().savedVersion(block) == 0);
      script.finish();
    }
  }

  /** It begins with the image again when there is space, and not with the older disk. */
  @Test
  @Tag("CC-1")
  void aBlockThatIsMadeFromItsKeptImageWaitsForSpace() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      saveImageAndLeave(script, block);
      script.cluster.storage().disk().failReads(block, false);
      script.cluster.storage().disk().lackAllSpace(true);
      script.run(11_000 * Script.MS);
      CompletableFuture<Long> read = script.reading(3, block);
      script.until(() -> script.cluster.storage().disk().foundNoSpace() > 3);
      assertFalse(read.isDone());
      assertEquals(
          2, script.cluster.storage().disk().savedVersion(block), "dropped before it was forced");
      script.cluster.storage().disk().lackAllSpace(false);
      script.until(read::isDone);
      assertEquals(2, read.join());
      script.until(() -> script.cluster.storage().disk().savedVersion(block) == 0);
      assertEquals(2, script.cluster.storage().disk().stableVersion(block));
    }
  }

  /** It was kept late, or is there again after a loss of power: the disk is newer, and it goes. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("CC-1")
  void aKeptImageThatIsOlderThanTheDiskIsRemovedAndNotUsed(boolean powerLost) {
    try (Script script = new Script(3)) {
      Blocks blocks = script.cluster.history().blocks();
      script.change(0, B);
      script.change(0, B);
      script.node(0).cache().checkpoint();
      script.until(() -> script.cluster.storage().disk().stableVersion(B) == 2);
      MemorySegment image = Arena.ofAuto().allocate(blocks.layout().physicalBytes(), Long.BYTES);
      script.node(0).store().saveImage(blocks.file(B), blocks.number(B), 1, image).orElseThrow();
      script.change(1, B);
      script.cluster.lifecycle().killAll(powerLost);
      for (int node = 0; node < 3; node++) {
        script.cluster.lifecycle().start(node);
      }
      script.settle();
      assertEquals(3, script.read(2, B));
      script.until(() -> script.cluster.storage().disk().savedVersion(B) == 0);
      script.finish();
    }
  }

  /** More of them than are looked at at a time, with reads that fail and with reads that do not. */
  @Test
  void quarantinedBlocksThatAreAskedForAtOnceAreLookedAtOneAfterTheOther() {
    try (Script script = new Script(2)) {
      int blocks = script.cluster.history().blocks().count();
      for (int block = 0; block < blocks; block++) {
        script.change(0, block);
      }
      for (int block = 0; block < blocks; block++) {
        script.cluster.storage().disk().failReads(block, true);
      }
      script.kill(0);
      script.until(() -> script.cluster.membership().isComplete());
      for (int look = 0; look < 4; look++) {
        List<CompletableFuture<Long>> reads = new ArrayList<>();
        for (int block = 0; block < blocks; block++) {
          reads.add(script.reading(1, block));
        }
        if (look == 1) {
          script.run(200 * Script.MS);
          long answered = reads.stream().filter(CompletableFuture::isDone).count();
          assertTrue(answered < blocks, "the first ones are looked at");
          assertTrue(answered > 0, "the others do not wait for them");
        }
        script.until(() -> reads.stream().allMatch(CompletableFuture::isDone));
        for (int block = 0; block < blocks; block++) {
          boolean failed = reads.get(block).isCompletedExceptionally();
          assertTrue(failed || look >= 2, "block " + block);
          if (failed) {
            assertEquals(
                StoreErrors.QUARANTINED, ((WeftException) reads.get(block).exceptionNow()).code());
          }
          assertFalse(failed && look == 3, "block " + block + " has been looked at meanwhile");
        }
        for (int block = 0; block < blocks && look == 1; block++) {
          script.cluster.storage().disk().failReads(block, false);
        }
        script.run((look == 2 ? 100 : 11_000) * Script.MS);
      }
      script.finish();
    }
  }

  /**
   * n2 has written its past image, version 2, for the recovery of the block, and the read after it
   * fails. Then somebody restores a copy that is too old.
   *
   * @param end what becomes of n2, or of the master, meanwhile
   */
  @ParameterizedTest
  @ValueSource(strings = {"nothing", "checkpoint", "keeper", "master"})
  @Tag("CC-1")
  void aPastImageThatHasBeenWrittenIsNotForgotten(String end) {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      script.change(2, block);
      script.node(2).cache().checkpoint();
      script.until(() -> script.cluster.storage().disk().stableVersion(block) == 1);
      byte[] copy = script.cluster.storage().disk().contents().get(block);
      script.change(2, block);
      script.take(1, block);
      script.kill(1);
      script.until(() -> script.cluster.storage().disk().version(block) == 2);
      script.cluster.storage().disk().failReads(block, true);
      script.until(() -> script.cluster.membership().isComplete());
      assertEquals(StoreErrors.QUARANTINED, script.refused(0, block).code());
      switch (end) {
        case "checkpoint" -> {
          script.checkpoint(2);
          script.kill(2);
        }
        case "keeper" -> script.kill(2);
        case "master" -> script.kill(0);
        default -> {}
      }
      script.cluster.storage().disk().restore(block, 1, copy);
      script.cluster.storage().disk().failReads(block, false);
      script.until(() -> script.cluster.membership().isComplete());
      script.run(11_000 * Script.MS);
      assertEquals(2, script.read(3, block));
      assertEquals(2, script.cluster.storage().disk().stableVersion(block));
    }
  }

  /** Its header has said that there was version 2, and nobody has that one any more. */
  @Test
  @Tag("CC-1")
  void theVersionThatAHeaderHasClaimedIsNotForgotten() {
    try (Script script = new Script(4)) {
      int block = script.blockOf(0);
      script.change(0, block);
      script.node(0).cache().writeBack();
      script.until(() -> script.cluster.storage().disk().version(block) == 1);
      byte[] copy = script.cluster.storage().disk().contents().get(block);
      script.change(1, block);
      script.checkpoint(1);
      script.at(1, () -> script.node(1).cache().drain());
      script.until(() -> script.node(1).cache().statistics().framesFree() == 16);
      script.cluster.storage().disk().rot(block);
      script.kill(0);
      script.until(() -> script.cluster.membership().isComplete());
      assertEquals(StoreErrors.QUARANTINED, script.refused(2, block).code());
      script.cluster.storage().disk().restore(block, 1, copy);
      for (int look = 0; look < 2; look++) {
        script.run(11_000 * Script.MS);
        script.refused(3, block);
        script.run(100 * Script.MS);
        assertEquals(StoreErrors.QUARANTINED, script.refused(3, block).code());
      }
      assertEquals(1, script.cluster.storage().disk().version(block));
    }
  }

  /** A write that waits for space is not under way: the block goes where it is wanted. */
  @Test
  void aBlockThatFindsNoSpaceIsShippedAllTheSame() {
    try (Script script = new Script(3)) {
      int block = script.blockOf(0);
      script.change(1, block);
      script.cluster.storage().disk().fillUp(true);
      CompletableFuture<Void> checkpoint =
          script.node(1).cache().checkpoint().toCompletableFuture();
      script.until(() -> script.cluster.storage().disk().foundNoSpace() > 0);
      assertEquals(2, script.change(2, block));
      script.cluster.storage().disk().fillUp(false);
      script.until(checkpoint::isDone);
      script.finish();
    }
  }

  /** What was to be written in one view, and found no space, holds up nobody in the next one. */
  @Test
  void writesThatWaitForSpaceHoldUpNoOtherBlockAndNoLaterView() {
    try (Script script = new Script(5)) {
      int block = script.blockOf(0); // never written: it needs space
      int busy = script.blockOf(3);
      script.change(2, block); // the past image
      script.change(1, block);
      script.change(1, busy);
      script.change(4, busy);
      script.cluster.storage().disk().fillUp(true);
      script.kill(1);
      script.until(() -> script.cluster.storage().disk().foundNoSpace() > 0);
      script.kill(3); // the master of the other block: members report what they have of it
      assertEquals(2, script.read(4, busy));
      assertEquals(2, script.read(0, busy));
      script.cluster.storage().disk().fillUp(false);
      script.settle();
      script.read(0, block);
      script.finish();
    }
  }

  @Test
  void t74NoSpaceForRedoAtOneNode() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.node(0).expectStop();
      script.node(0).log().failForce(true);
      CompletableFuture<Long> change = script.changing(0, B);
      script.until(() -> script.node(0).stopReason().isPresent());
      script.settle();
      assertFalse(change.isDone() && !change.isCompletedExceptionally());
      assertTrue(script.read(1, B) >= 1);
      assertEquals(1, script.change(2, B + 1));
      script.finish();
    }
  }

  @Test
  void t75SlowRedoDelaysOnlyTheBlocksThatItIsFor() {
    try (Script script = new Script(3)) {
      script.change(0, B);
      script.change(0, B + 1);
      script.node(0).log().slowDown(10 * Script.MS);
      script.changeLazily(0, B);
      CompletableFuture<Long> slow = script.reading(1, B);
      script.run(Script.MS);
      CompletableFuture<Long> quick = script.reading(1, B + 1);
      script.run(Script.MS);
      assertTrue(quick.isDone(), "another block waits for the log, too");
      assertFalse(slow.isDone(), "shipped before its redo was durable");
      script.until(slow::isDone);
      assertEquals(2, slow.join());
      script.finish();
    }
  }
}
