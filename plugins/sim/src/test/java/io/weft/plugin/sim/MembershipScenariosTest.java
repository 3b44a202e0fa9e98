// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.Mistake;
import io.weft.plugin.sim.run.RunResult;
import io.weft.plugin.sim.storage.SimLogDevice;
import io.weft.plugin.sim.storage.SimPlace;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.plugin.sim.time.Invariant;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Violation;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogId;
import io.weft.spi.transport.TransportErrors;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Failures that nodes have to judge by themselves: the engine's own membership, redo log and cache.
 * The numbers are those of the README's table.
 */
final class MembershipScenariosTest {
  private static final int SEEDS = 20;
  private static final Set<ErrorCode> WAYS_OUT =
      Set.of(MembershipErrors.EVICTED, MembershipErrors.QUORUM_LOST, MembershipErrors.LEASE_LOST);

  /** The registry has the casting vote: whichever half it accepts a view from goes on. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void t64OfTwoHalvesExactlyOneGoesOn(int nodes) {
    int[] wins = new int[2];
    for (int seed = 1; seed <= SEEDS; seed++) {
      try (Script script = Script.ofMembers(seed, nodes)) {
        for (int block = 0; block < 8; block++) {
          script.change(block % nodes, block);
        }
        int cut = nodes / 2;
        for (int left = 0; left < cut; left++) {
          for (int right = cut; right < nodes; right++) {
            script.cluster.network().cut(left, right);
            script.cluster.network().cut(right, left);
          }
        }
        List<SimNode> all = script.cluster.nodes().alive();
        script
            .cluster
            .simulation()
            .watch(
                (io, process, done) -> readsOnlyLogsOfThoseShutOut(script, all, io, process, cut));
        script.until(() -> script.cluster.nodes().alive().size() <= cut);
        script.settle();
        boolean leftWins = script.cluster.nodes().alive().getFirst().id() < cut;
        wins[leftWins ? 0 : 1]++;
        assertEquals(leftWins ? all.subList(0, cut) : all.subList(cut, nodes), alive(script));
        assertEquals(
            2, script.cluster.storage().registry().accepted(), "more than one half had a view");
        for (SimNode loser : leftWins ? all.subList(cut, nodes) : all.subList(0, cut)) {
          assertTrue(WAYS_OUT.contains(loser.stopReason().orElseThrow().code()));
          assertEquals(1, loser.process().views().epoch(), loser + " was in another view");
        }
        for (int block = 0; block < 8; block++) {
          assertEquals(2, script.change(alive(script).getFirst().id(), block));
        }
        script.finish();
      }
    }
    assertTrue(wins[0] > 0 && wins[1] > 0, "one half always wins");
  }

  private static List<SimNode> alive(Script script) {
    return script.cluster.nodes().alive();
  }

  private static void readsOnlyLogsOfThoseShutOut(
      Script script, List<SimNode> all, IoWatch.Io io, SimProcess reader, int cut) {
    if (io != IoWatch.Io.LOG_READ || reader.isWorld()) {
      return;
    }
    for (SimNode other : all) {
      boolean same = other.id() < cut == reader.node() < cut;
      assertTrue(
          same || script.cluster.storage().disk().isShutTo(other.process()),
          other + " may still write");
    }
  }

  /** A half that loses the registry as well is not the one that goes on. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void t64HalfWithoutTheRegistryStops(int without) {
    try (Script script = Script.ofMembers(1, 2)) {
      script.change(0, 0);
      script.change(1, 1);
      script.node(without).expectLossOfLease();
      script.node(without).store().losePath();
      script.node(without).logDevice().losePath();
      script.cluster.network().cut(0, 1);
      script.cluster.network().cut(1, 0);
      CompletableFuture<Long> late = script.changing(without, without);
      script.until(() -> script.cluster.nodes().alive().size() == 1);
      script.settle();
      assertFalse(late.isDone() && !late.isCompletedExceptionally(), "committed without a quorum");
      assertEquals(1, script.read(1 - without, without));
      script.finish();
    }
  }

  /**
   * Wall clocks are for people: no step of them evicts anybody or makes another view. One that is
   * set forward has the registry read, which is all that the cluster does about it.
   */
  @Test
  void t72StepsOfWallClocksChangeNothing() {
    long hourMillis = 3_600_000;
    RunResult undisturbed = crashAndRestart(0);
    for (long step : new long[] {hourMillis, -hourMillis}) {
      RunResult stepped = crashAndRestart(step);
      assertEquals(undisturbed.counts().get("views"), stepped.counts().get("views"));
      assertEquals(undisturbed.counts().get("restarts"), stepped.counts().get("restarts"));
      assertEquals(undisturbed.failures(), stepped.failures());
    }
  }

  /** A log that vanishes when the view is agreed, and before it is read, is not taken for empty. */
  @Test
  void nothingIsServedOverALogThatVanishesBeforeItIsRead() {
    try (Script script = Script.ofMembers(1, 3)) {
      script.change(0, 0);
      LogId log = new LogId(0, script.node(0).process().incarnation());
      SimLogDevice device = script.cluster.storage().logs();
      script
          .cluster
          .simulation()
          .watch(
              (io, process, done) -> {
                if (io == IoWatch.Io.REGISTRY_PROPOSE && done) {
                  device.vanish(log);
                }
              });
      script.kill(0);
      script.until(() -> device.lackedLogs(0));
      CompletableFuture<Long> read = script.reading(1, 0);
      script.run(2_000 * Script.MS);
      assertFalse(read.isDone(), "served without its redo");
      script.cluster.simulation().watch(IoWatch.NONE);
      device.reappear();
      script.settle();
      assertEquals(1, read.join());
      script.finish();
    }
  }

  /**
   * A proposal that takes effect after its proposer has heard of a failure is one view, not two.
   */
  @Test
  void aProposalThatTakesEffectLateIsAdopted() {
    int late = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      try (Script script = Script.ofMembers(seed, 3)) {
        SimRegistry registry = script.cluster.storage().registry();
        script.change(0, 0);
        script.node(1).registry().answersEarly(true);
        script.node(2).registry().answersEarly(true);
        script.kill(0);
        script.until(() -> registry.accepted() == 2);
        script.node(1).registry().answersEarly(false);
        script.node(2).registry().answersEarly(false);
        late += registry.acceptedLate();
        script.settle();
        assertEquals(2, script.cluster.nodes().alive().size());
        assertEquals(2, registry.accepted());
        assertEquals(2, script.change(1, 0));
        script.cluster.lifecycle().start(0);
        script.settle();
        assertEquals(3, script.cluster.membership().members().size());
        script.finish();
      }
    }
    assertEquals(SEEDS, late);
  }

  /** An empty directory is not taken for the storage, whichever parts are not mounted. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void whoseStorageIsAwayRefusesAndComesBack(int parts) {
    Set<SimPlace.Part> away =
        Stream.of(SimPlace.Part.values())
            .filter(part -> (parts & 1 << part.ordinal()) != 0)
            .collect(Collectors.toSet());
    assertEquals(Set.of(MembershipErrors.OTHER_STORAGE), refusedAndBack(new Mistake(away, false)));
  }

  /** It is told in the handshake, or reads it from the record of the view. */
  @Test
  void whoseSettingsDifferStopsAndComesBack() {
    Set<ErrorCode> known =
        Set.of(MembershipErrors.SETTINGS_DIFFER, TransportErrors.SETTINGS_DIFFER);
    Set<ErrorCode> seen = refusedAndBack(Mistake.SETTINGS);
    assertTrue(known.containsAll(seen), seen::toString);
  }

  /** Starts a node wrongly, which harms nobody, then rightly; returns why it stopped. */
  private static Set<ErrorCode> refusedAndBack(Mistake mistake) {
    Set<ErrorCode> codes = new HashSet<>();
    for (int seed = 1; seed <= SEEDS; seed++) {
      try (Script script = Script.ofMembers(seed, 3)) {
        SimCluster cluster = script.cluster;
        script.change(2, 0);
        script.kill(2);
        script.settle();
        int views = cluster.storage().registry().accepted();
        cluster.lifecycle().mistakes().make(2, mistake);
        SimNode wrong = cluster.lifecycle().start(2);
        script.until(() -> wrong.process().isDead());
        codes.add(wrong.stopReason().orElseThrow().code());
        script.run(1_000 * Script.MS);
        assertEquals(2, cluster.nodes().alive().size());
        assertEquals(views, cluster.storage().registry().accepted(), "views because of it");
        assertEquals(2, script.change(0, 0));
        cluster.lifecycle().mistakes().make(2, Mistake.NONE);
        cluster.lifecycle().start(2);
        script.settle();
        assertEquals(3, cluster.membership().members().size());
        assertEquals(3, script.change(2, 0));
        script.finish();
      }
    }
    return codes;
  }

  private static RunResult crashAndRestart(long stepMillis) {
    try (Script script = Script.ofMembers(1, 3)) {
      script.change(0, 0);
      script.node(1).process().stepWallClock(stepMillis);
      script.change(1, 0);
      script.run(500 * Script.MS); // several leases and a checkpoint
      script.kill(0);
      script.run(Script.MS / 10);
      script.node(2).process().stepWallClock(-stepMillis); // during recovery
      script.settle();
      script.cluster.lifecycle().start(0);
      script.node(0).process().stepWallClock(stepMillis); // while it joins
      script.settle();
      script.run(500 * Script.MS);
      assertEquals(3, script.cluster.membership().members().size());
      assertEquals(3, script.change(0, 0));
      script.finish();
      return script.cluster.result();
    }
  }

  /** The checker bites: a node that nothing has happened to must not stop. */
  @Test
  void stopsThatNothingExplainsAreNoticed() {
    for (ErrorCode code : WAYS_OUT) {
      try (Script script = Script.ofMembers(1, 3)) {
        SimNode node = script.node(1);
        script
            .cluster
            .simulation()
            .schedule(
                0,
                node.process(),
                () ->
                    script
                        .cluster
                        .lifecycle()
                        .failed(node, new WeftException(code, "for no reason")));
        Violation violation =
            assertThrows(Violation.class, () -> script.run(1_000 * Script.MS), code.name());
        assertEquals(Invariant.NODE_RUNS, violation.invariant());
      }
    }
  }
}
