// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ClusterState;
import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.NodeState;
import io.weft.api.RecoveryPhase;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.LogLines;
import io.weft.spi.membership.Membership;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole clusters, event by event. */
final class ClusterMembershipTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  @Tag("MB-1")
  void threeNodesFormOneView() {
    World world = formed(3, 3);
    assertEquals(1, world.records.size());
    for (WorldNode node : world.running()) {
      assertTrue(node.hasJoined());
      assertTrue(node.views.leaseHolds());
      assertEquals(ClusterState.OPERATIONAL, node.membership.clusterState());
      assertEquals(NodeState.HEALTHY, node.membership.stateOf(new NodeId(2)));
    }
  }

  @Test
  void theSurvivorsOfAKilledNodeGoOnWithinAMoment() {
    World world = formed(3, 3);
    long before = world.now();
    world.kill(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertTrue(world.now() - before < 150 * World.MS, world::describe);
    assertEquals(NodeSet.of(1, 2), world.records().belonging());
    WorldNode survivor = world.nodes.get(1);
    assertEquals(ClusterState.DEGRADED, survivor.membership.clusterState());
    assertEquals(NodeState.DOWN, survivor.membership.stateOf(new NodeId(0)));
    assertEquals(RecoveryPhase.COMPLETE, survivor.membership.recovery().orElseThrow().phase());
    assertTrue(survivor.clock.current() > 1000, "the SCN of the dead node's redo");
    world.run(Duration.ofSeconds(1));
    assertEquals(2, world.logs.size(), "the dead log is deleted");
  }

  @Test
  void aNodeThatComesBackIsTakenIn() {
    World world = formed(3, 3);
    world.kill(1);
    world.start(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 1, 2), world.records().belonging());
    assertTrue(world.nodes.get(1).hasJoined());
    assertEquals(3, world.records().epoch());
  }

  @Test
  void aNodeThatLeavesIsLeftOutAndCountsForNoQuorum() {
    World world = formed(3, 3);
    world.nodes.get(0).leave();
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && world.running().size() == 2));
    assertEquals(NodeSet.of(0), world.records().nodes(EntryState.LEFT));
    world.nodes.get(1).leave();
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && world.running().size() == 1));
    world.run(LONG);
    assertTrue(world.nodes.get(2).views.leaseHolds());
  }

  @Test
  void everybodyMayLeaveAtTheSameTime() {
    World world = formed(3, 3);
    world.running().forEach(WorldNode::leave);
    assertTrue(world.runUntil(LONG, () -> world.running().isEmpty()), world::describe);
    assertTrue(world.allLives.stream().allMatch(life -> life.failure.isEmpty()), world::describe);
  }

  @Test
  @Tag("MB-2")
  void aMinorityStops() {
    World world = formed(3, 3);
    world.cutBoth(0, 1);
    world.cutBoth(0, 2);
    world.storageLost.add(0);
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(0).failure.isPresent()));
    world.run(Duration.ofSeconds(10));
    assertEquals(NodeSet.of(1, 2), world.records().belonging());
    assertTrue(world.isWhole(), world::describe);
  }

  @Test
  void oneOfTwoSurvives() {
    for (int dead = 0; dead < 2; dead++) {
      World world = formed(2, 2);
      world.kill(dead);
      assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
      assertFalse(world.running().isEmpty());
    }
  }

  @Test
  void recoveryDoesNotStartWhileFencingFails() {
    World world = formed(3, 3);
    world.fencingFails = true;
    world.kill(2);
    world.run(Duration.ofSeconds(20));
    assertEquals(2, world.records().epoch());
    assertEquals(1, world.nodes.get(0).cache.redone);
    assertEquals(
        RecoveryPhase.FREEZING, world.nodes.get(0).membership.recovery().orElseThrow().phase());
    world.fencingFails = false;
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  void whileTheRegistryIsFullTheSurvivorsServeAndTryMoreAndMoreSeldom() {
    World world = formed(3, 3);
    world.registryFull = true;
    world.kill(2);
    world.run(Duration.ofSeconds(60));
    assertEquals(1, world.records().epoch());
    assertTrue(world.nodes.get(0).views.leaseHolds(), world::describe);
    assertTrue(world.nodes.get(1).views.leaseHolds(), world::describe);
    assertTrue(world.refused > 5 && world.refused < 30, world.refused + " attempts in a minute");
    world.registryFull = false;
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  @Tag("MB-3")
  void aFullDiskDelaysFencingAndNothingElse() {
    World world = formed(3, 3);
    world.fencingFails = true;
    world.kill(2);
    world.run(Duration.ofSeconds(60));
    assertTrue(world.nodes.get(0).views.leaseHolds(), world::describe);
    assertTrue(world.fencesRefused > 5 && world.fencesRefused < 30, world.fencesRefused + " times");
    world.fencingFails = false;
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  @Tag("MB-2")
  void aPausedNodeIsEvictedAndSaysWhyItStops() {
    World world = formed(3, 3);
    world.pause(1);
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(0).cache.redone == 2), world::describe);
    assertTrue(world.now() > WorldNode.LEASE.toNanos(), "its lease had to be waited for");
    world.resume(1);
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(1).failure.isPresent()));
    assertEquals(MembershipErrors.EVICTED, world.nodes.get(1).failure.orElseThrow().code());
  }

  @Test
  void whoSuspectsAndWhoIsEvictedSaysWhy() {
    World world = formed(3, 3);
    try (LogLines lines = new LogLines("io.weft.membership")) {
      world.cut(2, 0);
      world.cut(2, 1); // it hears the others, and they do not hear it
      WorldNode silent = world.nodes.get(2);
      assertTrue(world.runUntil(LONG, () -> silent.failure.isPresent()), world::describe);
      String suspected = "suspects n2 at host2:1002 (n2." + silent.incarnation + "): suspicion 1.";
      assertTrue(lines.has("n0: " + suspected), lines::toString);
      assertTrue(lines.has("n1: " + suspected), lines::toString);
      assertTrue(lines.has("of n0, n1, without n2, suspected by n0"), lines::toString);
      WeftException reason = silent.failure.orElseThrow();
      assertEquals(MembershipErrors.EVICTED, reason.code());
      assertTrue(reason.getMessage().contains("proposed by n0 at host0:1000"), reason::toString);
      assertTrue(reason.getMessage().contains("have said that they suspect it"), reason::toString);
    }
  }

  /** A wrong setting of another node may evict it; it answers, so nobody has to kill it. */
  @Test
  void whoWorksIsNotKilledButStopsByItself() {
    World world = killing(3, 2);
    world.cutBoth(0, 1);
    assertTrue(world.runUntil(LONG, () -> world.running().size() == 1), world::describe);
    assertEquals(
        1,
        world.allLives.stream().filter(life -> life.failure.isPresent()).count(),
        world::describe);
  }

  @Test
  void whoDoesNotAnswerIsKilledAfterHalfALease() {
    World world = killing(3, 3);
    world.pause(1);
    assertTrue(world.runUntil(LONG, () -> world.records.size() == 2), world::describe);
    world.run(WorldNode.LEASE.dividedBy(3));
    assertEquals(3, world.running().size(), "it may still stop by itself");
    assertTrue(world.runUntil(WorldNode.LEASE.dividedBy(3), () -> world.running().size() == 2));
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  void nodesWhoseLocksHaveNoEffectDoNotRun() {
    World world = new World(3, 3);
    for (int id = 0; id < 3; id++) {
      world.lockless.add(id);
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.running().isEmpty()), world::describe);
    // Whoever is left last has nobody who could answer, and no quorum.
    long sayWhy =
        world.allLives.stream()
            .map(node -> node.failure.orElseThrow())
            .filter(reason -> reason.code().equals(MembershipErrors.LOCKS_WITHOUT_EFFECT))
            .filter(reason -> reason.getMessage().contains("file locks have no effect"))
            .count();
    assertTrue(sayWhy >= 2, world::describe);
  }

  /** {@code World} checks that nobody who may act is taken for fenced. */
  @Test
  void membersThatSeeNoLockOfANewcomerWaitForItsLease() {
    World world = formed(3, 3);
    world.nodes.get(2).leave();
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && world.running().size() == 2));
    world.lockless.add(2);
    world.start(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && world.running().size() == 3));
    world.run(Duration.ofSeconds(1));
    world.cutBoth(0, 2);
    world.cutBoth(1, 2);
    assertTrue(world.runUntil(LONG, () -> world.running().size() == 2), world::describe);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 1), world.records().belonging());
  }

  @Test
  void aWitnessVotesButServesNothing() {
    World world = new World(3, 3);
    world.start(0);
    world.start(1);
    world.start(2, true);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    WorldNode witness = world.nodes.get(2);
    assertTrue(witness.hasJoined());
    assertEquals(2, witness.views.current().members().size());
    assertEquals(0, witness.cache.redone);
    world.kill(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(1, 2), world.records().belonging());
    assertEquals(1, world.nodes.get(1).views.current().members().size());
  }

  @Test
  void everybodyComesBackAfterTheLossOfAll() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    world.run(Duration.ofSeconds(1));
    long before = world.now();
    world.start(2);
    world.start(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertTrue(world.now() - before > Duration.ofSeconds(2).toNanos(), "waits for the third");
    assertTrue(world.nodes.get(1).clock.current() > 1000, "the redo of all is read");
    world.run(Duration.ofSeconds(1));
    assertEquals(2, world.logs.size(), "three dead logs are deleted");
  }

  /** The other two of three are no quorum's business: one alone must not form. */
  @Test
  void oneOfThreeDoesNotForm() {
    World world = new World(3, 3);
    world.start(1);
    world.run(Duration.ofMinutes(2));
    assertTrue(world.records.isEmpty());
    assertEquals(ClusterState.FORMING, world.nodes.get(1).membership.clusterState());
  }

  @Test
  void aProposerThatDiesRightAfterItsRecordIsAcceptedDoesNotStopTheOthers() {
    World world = formed(3, 5);
    world.kill(4);
    assertTrue(world.runUntil(LONG, () -> world.records.size() == 2), world::describe);
    world.kill(0); // nobody else has heard of the record
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(1, 2, 3), world.records().belonging());
  }

  @Test
  @Tag("MB-2")
  void whoLosesTheStorageStops() {
    World world = formed(3, 3);
    world.storageLost.add(1);
    WorldNode node = world.nodes.get(1);
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.LEASE_LOST, node.failure.orElseThrow().code());
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 2), world.records().belonging());
  }

  @Test
  void whoFindsNoRecordOfItsViewSaysThatAndNotThatACallDidNotReturn() {
    World world = formed(3, 3);
    world.elsewhere.add(1);
    WorldNode node = world.nodes.get(1);
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    String message = node.failure.orElseThrow().getMessage();
    assertTrue(message.contains("holds no record of epoch 1 or later"), message);
  }

  @Test
  void whoHasToWriteWithoutALeaseForLackOfAQuorumSaysSo() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(0);
    world.kill(1);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> !node.views.leaseHolds()), world::describe);
    assertEquals(Optional.empty(), node.failure);
    node.views.revokeLease();
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.QUORUM_LOST, node.failure.orElseThrow().code());
  }

  @Test
  @Tag("MB-2")
  @Tag("VW-4")
  void whoHasToWriteAfterItsEvictionLearnsOfThat() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(1);
    world.pause(1);
    assertTrue(world.runUntil(LONG, () -> world.records.size() == 2), world::describe);
    world.run(Duration.ofSeconds(5));
    world.resume(1);
    node.views.revokeLease();
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.EVICTED, node.failure.orElseThrow().code());
  }

  @Test
  @Tag("MB-2")
  @Tag("VW-4")
  void whoHasToWriteWithoutALeaseStopsAlthoughItIsAMember() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(1);
    node.views.revokeLease();
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.LEASE_LOST, node.failure.orElseThrow().code());
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 2), world.records().belonging());
  }

  @Test
  void aNodeWhoseMachineWasSuspendedHasNoLeaseWhenItWakes() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(1);
    node.suspend();
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(0).cache.redone == 2), world::describe);
    node.wake();
    assertFalse(node.views.leaseHolds(), "it serves although the others have gone on");
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.EVICTED, node.failure.orElseThrow().code());
  }

  /** {@code World} checks that nobody who may act is taken for fenced. */
  @Test
  void whoWaitsForALeaseIsNotDeceivedByAClockThatRunsAhead() {
    World world = formed(3, 3);
    world.pause(1);
    assertTrue(world.runUntil(LONG, () -> world.records.size() == 2), world::describe);
    world.run(Duration.ofMillis(200)); // the record is accepted, the wait has begun
    assertEquals(1, world.nodes.get(0).cache.redone);
    world.nodes.get(0).bootLeapNs = LONG.toNanos();
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(2).cache.redone >= 2), world::describe);
  }

  @Test
  void aMachineWithoutAClockThatGoesOnLooksAtTheRegistryWhenItWakes() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(1);
    node.everythingStandsStill = true;
    world.run(Duration.ofSeconds(1));
    node.suspend();
    world.cutBoth(0, 1);
    world.cutBoth(1, 2);
    assertTrue(world.runUntil(LONG, () -> world.records.size() == 2), world::describe);
    node.wake();
    assertTrue(node.views.leaseHolds(), "this test needs a lease that outlives the stand-still");
    assertTrue(
        world.runUntil(Duration.ofMillis(150), () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.EVICTED, node.failure.orElseThrow().code());
  }

  @Test
  void stepsOfWallClocksEvictNobody() {
    World world = formed(3, 3);
    for (long hours : new long[] {1, -5, 1_000_000, -1_000_000}) {
      for (WorldNode node : world.running()) {
        node.wallLeapNs += Duration.ofHours(hours).toNanos() / 1000;
        world.run(Duration.ofMillis(250));
        assertTrue(node.views.leaseHolds());
      }
    }
    world.run(Duration.ofSeconds(10));
    assertTrue(world.isWhole(), world::describe);
    assertEquals(1, world.records.size());
  }

  @Test
  void aClockThatGoesBackALittleChangesNothing() {
    World world = formed(3, 3);
    for (int i = 0; i < 20; i++) {
      world.nodes.get(i % 3).bootLeapNs -= 7 * World.MS;
      world.run(Duration.ofMillis(300));
    }
    assertTrue(world.isWhole(), world::describe);
    assertEquals(1, world.records.size());
  }

  @Test
  void aShortPauseOfANodeChangesNothing() {
    World world = formed(3, 3);
    world.pause(1);
    world.run(Duration.ofMillis(700));
    world.resume(1);
    world.run(Duration.ofSeconds(10));
    assertTrue(world.isWhole(), world::describe);
    assertEquals(1, world.records.size());
  }

  @Test
  void ofTwoWhoCannotHearEachOtherTheStorageKeepsOne() {
    World world = formed(3, 2);
    world.processesVisible = false;
    world.cutBoth(0, 1);
    assertTrue(world.runUntil(LONG, () -> world.running().size() == 1), world::describe);
    world.run(LONG);
    assertTrue(world.isWhole(), world::describe);
  }

  @Test
  void checkpointsAreMadeWhenThereIsMuchRedo() {
    World world = formed(3, 3);
    CountingRedoLog log = world.nodes.get(0).storage.redoLog;
    log.bytes = 1 << 20;
    assertTrue(world.runUntil(LONG, () -> log.ended == 1), world::describe);
    assertEquals(0, log.bytes);
    log.bytes = 100;
    world.run(Duration.ofSeconds(100));
    assertEquals(1, log.begun, "little redo waits for the interval");
    world.run(Duration.ofSeconds(210));
    assertEquals(2, log.ended);
  }

  // ---- nodes that are not configured any more

  @Test
  void aNodeTakenOutOfTheMembersAfterTheLossOfAllIsOutAndItsLogIsReplayed() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    world.unconfigure(2);
    world.start(0);
    world.start(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 1), world.records().belonging());
    assertTrue(world.records().entry(2).orElseThrow().state() != EntryState.MEMBER);
    world.run(Duration.ofSeconds(1));
    assertEquals(2, world.logs.size(), "three dead logs are replayed and deleted");
  }

  // ---- newcomers that are stuck

  @Test
  void aStuckNewcomerDoesNotKeepTheOthersFromForming() {
    for (int stuck = 0; stuck < 2; stuck++) {
      World world = new World(3, 4);
      world.start(0);
      world.start(1);
      world.run(Duration.ofSeconds(1)); // two of four and the registry wait for the others
      world.pause(stuck);
      world.start(2);
      world.start(3);
      int id = stuck;
      assertTrue(
          world.runUntil(
              LONG, () -> world.nodes.values().stream().allMatch(n -> n.id == id || n.hasJoined())),
          world::describe);
    }
  }

  @Test
  void aNewcomerThatCannotReadTheRegistryDoesNotKeepTheOthersFromForming() {
    for (int stuck = 0; stuck < 3; stuck++) {
      World world = new World(3, 3);
      world.storageLost.add(stuck);
      int id = stuck;
      for (int node = 0; node < 3; node++) {
        world.start(node);
      }
      assertTrue(
          world.runUntil(
              LONG, () -> world.nodes.values().stream().allMatch(n -> n.id == id || n.hasJoined())),
          world::describe);
    }
  }

  @Test
  void aStuckNewcomerDoesNotKeepOthersFromJoining() {
    World world = formed(3, 5);
    world.kill(3);
    world.kill(4);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    WorldNode stuck = world.start(3);
    stuck.network.mute = true;
    world.run(Duration.ofSeconds(1));
    world.start(4);
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(4).hasJoined()), world::describe);
    stuck.network.mute = false;
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  // ---- terms

  /** The configured list is only where a node looks first. */
  @Test
  void aStartingNodeWithAnotherMemberListTakesThatOfTheView() {
    World world = formed(3, 2);
    world.kill(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.otherMembers.put(1, withPort(world.members, 0, 7410));
    WorldNode node = world.start(1);
    assertTrue(world.runUntil(LONG, () -> node.hasJoined()), world::describe);
    assertEquals(Records.members(NodeSet.ofFirst(2)), node.membership.members());
  }

  @Test
  void aStartingNodeWhoseOwnAddressIsNotThatOfTheListStopsWhileMembersRun() {
    World world = formed(3, 3);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.otherMembers.put(2, withPort(world.members, 2, 7410));
    WorldNode odd = world.start(2);
    assertTrue(world.runUntil(LONG, () -> odd.failure.isPresent()), world::describe);
    WeftException reason = odd.failure.orElseThrow();
    assertEquals(MembershipErrors.ADDRESS_DIFFERS, reason.code());
    assertTrue(reason.getMessage().contains("n2@host2:7410"), reason::toString);
    assertTrue(reason.getMessage().contains("n2@host2:1002"), reason::toString);
  }

  private static List<Member> withPort(List<Member> members, int id, int port) {
    List<Member> others = new ArrayList<>(members);
    others.set(id, new Member(new NodeId(id), members.get(id).host(), port));
    return others;
  }

  @Test
  void aSettingMayChangeWhenAllNodesHaveStopped() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
      world.otherSettings.put(id, new ClusterSettings(new TreeMap<>(Map.of("weft.a", "new"))));
    }
    world.start(0);
    world.start(1);
    world.start(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(2, world.records().epoch());
    assertTrue(world.nodes.get(1).clock.current() > 1000, "the redo of all is read");
  }

  @Test
  void anAddressMayChangeWhenAllNodesHaveStopped() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    for (int id = 0; id < 3; id++) {
      world.members.set(id, new Member(new NodeId(id), "elsewhere", 7410 + id));
    }
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertTrue(world.records().belonging().size() >= 2, world::describe);
  }

  @Test
  void aSettingDoesNotChangeWhileOneOfTheFormerViewRuns() {
    World world = formed(3, 3);
    world.pause(2);
    world.kill(0);
    world.kill(1);
    for (int id = 0; id < 2; id++) {
      world.otherSettings.put(id, new ClusterSettings(new TreeMap<>(Map.of("weft.a", "new"))));
      world.start(id);
    }
    world.cutBoth(0, 2);
    world.cutBoth(1, 2);
    assertTrue(world.runUntil(LONG, () -> world.nodes.get(0).failure.isPresent()));
    WeftException reason = world.nodes.get(0).failure.orElseThrow();
    assertEquals(MembershipErrors.SETTINGS_DIFFER, reason.code());
    assertTrue(reason.getMessage().contains("the lock of n2 is as it is"), reason::toString);
    assertEquals(1, world.records.size());
  }

  @Test
  void aNodeWithAnotherStorageThanThatOfTheRegistryStops() {
    World world = formed(3, 3);
    world.kill(2);
    world.otherStorage.put(2, new UUID(1, 2));
    world.start(2);
    WorldNode odd = world.nodes.get(2);
    assertTrue(world.runUntil(LONG, () -> odd.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.OTHER_STORAGE, odd.failure.orElseThrow().code());
    assertTrue(odd.failure.orElseThrow().getMessage().contains("the storage of n2"));
  }

  @Test
  void aNodeThatReadsACopyOfTheRegistryStops() {
    World world = formed(3, 3);
    world.copiedRegistry.put(2, world.latest());
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.start(2);
    WorldNode odd = world.nodes.get(2);
    assertTrue(world.runUntil(LONG, () -> odd.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.OTHER_STORAGE, odd.failure.orElseThrow().code());
    assertEquals(2, world.records().epoch());
  }

  /** As a directory of a network file system that is looked at through a cache. */
  @Test
  void aNewcomerWhoseListingIsStaleForAMomentLooksAgain() {
    World world = formed(3, 3);
    world.copiedRegistry.put(2, world.latest());
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    WorldNode late = world.start(2);
    world.run(Duration.ofSeconds(1));
    assertTrue(late.failure.isEmpty(), world::describe);
    world.copiedRegistry.clear();
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 1, 2), world.records().belonging());
  }

  @Test
  void nobodyServesOverAVanishedLog() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    world.logs.clear(); // the directory is not mounted
    world.start(0);
    world.start(1);
    world.start(2);
    WorldNode proposer = world.nodes.get(0);
    assertTrue(world.runUntil(LONG, () -> proposer.failure.isPresent()), world::describe);
    assertEquals(RedoErrors.MISSING_LOG, proposer.failure.orElseThrow().code());
    world.run(LONG);
    assertEquals(1, world.records.size());
  }

  /** Its last word must not be taken for a farewell: its redo has to be replayed. */
  @Test
  void whoStopsForWantOfItsLeaseHasNotLeft() {
    for (int loser = 0; loser < 3; loser++) {
      World world = formed(3, 3);
      WorldNode stopped = world.nodes.get(loser);
      world.storageLost.add(loser);
      assertTrue(world.runUntil(LONG, () -> stopped.failure.isPresent()), world::describe);
      assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
      assertEquals(NodeSet.NONE, world.records().nodes(EntryState.LEFT), world::describe);
      world.run(Duration.ofSeconds(5));
      assertFalse(world.logs.containsKey(new LogId(loser, stopped.incarnation)), world::describe);
    }
  }

  @Test
  @Tag("MB-3")
  void aLogDeviceThatHangsCostsNoLease() {
    World world = formed(3, 3);
    HangingCalls calls = new HangingCalls();
    world.logsHang.put(0, calls);
    world.kill(2);
    world.run(LONG);
    WorldNode proposer = world.nodes.get(0);
    assertTrue(proposer.failure.isEmpty(), world::describe);
    assertTrue(proposer.views.leaseHolds(), world::describe);
    calls.release();
    world.logsHang.clear();
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(0, 1), world.records().belonging());
  }

  /** It votes and renews its lease, so nobody else would ever take its place. */
  @Test
  void theNextMemberLeadsWhileTheLookAtTheLogsHangs() {
    World world = formed(3, 3);
    HangingCalls calls = new HangingCalls();
    world.logsHang.put(0, calls);
    world.kill(2);
    try {
      WorldNode next = world.nodes.get(1);
      assertTrue(world.runUntil(LONG, () -> next.views.epoch() == 2), world::describe);
      assertEquals(1, world.records().proposer());
      assertEquals(NodeSet.of(0, 1), world.records().belonging());
      assertTrue(world.runUntil(LONG, () -> next.cache.redone == 2), world::describe);
      assertTrue(world.nodes.get(0).failure.isEmpty(), world::describe);
    } finally {
      calls.release();
      world.logsHang.clear();
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(2, world.records().epoch());
  }

  @Test
  void logsThatWereDeletedOnPurposeAreNotMissed() {
    World world = formed(3, 3);
    world.running().forEach(WorldNode::leave);
    assertTrue(world.runUntil(LONG, () -> world.running().isEmpty()), world::describe);
    world.start(0);
    world.start(1);
    world.start(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  // ---- what a node says while it waits

  @Test
  void aNewcomerSeesThatOthersRecover() {
    World world = formed(3, 3);
    world.fencingFails = true;
    world.kill(2);
    world.run(Duration.ofSeconds(1));
    WorldNode newcomer = world.start(2);
    world.run(Duration.ofSeconds(2));
    Membership.Joining before = newcomer.membership.joining();
    assertTrue(before.waitsFor().contains("recovery of view 2"), before::toString);
    assertTrue(before.waitsFor().contains("n0, n1"), before::toString);
    world.run(Duration.ofSeconds(1));
    assertTrue(newcomer.membership.joining().advances() > before.advances());
    world.pause(0);
    world.pause(1);
    world.run(Duration.ofSeconds(2));
    long silent = newcomer.membership.joining().advances();
    world.run(Duration.ofSeconds(2));
    assertEquals(silent, newcomer.membership.joining().advances(), "nobody is heard of");
  }

  @Test
  void aRecoveryThatStandsStillKeepsANewcomerForALimitedTime() {
    World world = formed(3, 3);
    world.fencingFails = true;
    world.kill(2);
    world.run(Duration.ofSeconds(1));
    WorldNode newcomer = world.start(2);
    world.run(WorldNode.LEASE.multipliedBy(202));
    Membership.Joining before = newcomer.membership.joining();
    assertTrue(before.waitsFor().contains("n0, n1 are, for 60"), before::toString);
    world.run(Duration.ofSeconds(10));
    assertEquals(before.advances(), newcomer.membership.joining().advances());
    world.fencingFails = false;
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  void aNewcomerSaysWhoIsMissing() {
    World world = new World(3, 3);
    WorldNode first = world.start(1);
    world.run(Duration.ofSeconds(4));
    String waits = first.membership.joining().waitsFor();
    assertTrue(waits.contains("n0 at host0:1000, n2 at host2:1002"), waits);
    assertTrue(waits.contains("2 of 3 votes"), waits);
  }

  @Test
  void aColdStartNamesTheLogThatItCannotRead() {
    World world = formed(3, 3);
    LogId damaged = new LogId(1, world.nodes.get(1).incarnation);
    world.damaged.add(damaged);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    world.run(LONG);
    String waits = world.nodes.get(0).membership.joining().waitsFor();
    assertTrue(waits.contains("redo log " + damaged + " is damaged"), waits);
    world.damaged.clear();
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals("", world.nodes.get(0).membership.joining().waitsFor());
  }

  @Test
  void aStartNamesWhatItsRecoveryWaitsFor() {
    World world = new World(3, 3);
    world.recoveryWaitsFor = Optional.of("a directory that cannot be listed");
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    world.run(LONG);
    String waits = world.nodes.get(0).membership.joining().waitsFor();
    assertEquals("a directory that cannot be listed", waits);
    world.recoveryWaitsFor = Optional.empty();
    world.recoveriesWaiting.forEach(recovery -> recovery.complete(null));
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  /** The blocks of the view before were recovered at the moment when the next view came. */
  @Test
  void aNodeThatHasRecoveredAnOvertakenViewDoesNotServeInTheNextOne() {
    World world = new World(3, 3);
    world.recoveryWaitsFor = Optional.of("blocks");
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    WorldNode node = world.nodes.get(0);
    assertTrue(world.runUntil(LONG, () -> world.recoveriesWaiting.size() == 3), world::describe);
    world.whileEvicting = () -> world.recoveriesWaiting.forEach(first -> first.complete(null));
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> node.views.epoch() == 2), world::describe);
    world.whileEvicting = () -> {};
    world.run(LONG);
    assertFalse(node.hasJoined(), "its blocks of view 2 are not recovered");
    world.recoveriesWaiting.forEach(second -> second.complete(null));
    assertTrue(world.runUntil(LONG, world::isWhole), world::describe);
    assertTrue(node.hasJoined());
  }

  // ---- nodes that cannot reach each other

  @Test
  void aNewcomerThatCannotReachARunningMemberGivesUpAndHarmsNobody() {
    World world = new World(3, 2);
    world.kills = true;
    world.start(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.cutBoth(0, 1);
    WorldNode newcomer = world.start(1);
    assertTrue(world.runUntil(LONG, () -> newcomer.failure.isPresent()), world::describe);
    WeftException reason = newcomer.failure.orElseThrow();
    assertEquals(MembershipErrors.NOT_FORMED, reason.code());
    assertTrue(reason.getMessage().contains("the lock of n0 is as it is"), reason::toString);
    assertTrue(reason.getMessage().contains("host0:1000"), reason.getMessage());
    assertTrue(reason.getMessage().contains("host1:1001"), reason.getMessage());
    world.run(LONG);
    assertEquals(1, world.records.size(), "nobody is evicted");
    assertTrue(world.nodes.get(0).alive && world.nodes.get(0).views.leaseHolds());
  }

  @Test
  void aNewcomerThatGivesUpStopsAlthoughItsRegistryHangs() {
    World world = new World(3, 2);
    world.start(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.cutBoth(0, 1);
    assertStopsAlthoughItsRegistryHangs(world, MembershipErrors.NOT_FORMED);
  }

  private static String assertStopsAlthoughItsRegistryHangs(World world, ErrorCode code) {
    HangingCalls calls = new HangingCalls();
    world.registryHangs.put(1, calls);
    WorldNode newcomer = world.start(1);
    try {
      assertTrue(world.runUntil(LONG, () -> newcomer.failure.isPresent()), world::describe);
      WeftException reason = newcomer.failure.orElseThrow();
      assertEquals(code, reason.code());
      assertTrue(reason.getMessage().contains("has not answered"), reason::toString);
      return reason.getMessage();
    } finally {
      calls.release();
      world.registryHangs.clear();
      assertEquals(Optional.empty(), world.defect);
    }
  }

  @Test
  void ofTwoWhoLoseSightOfEachOtherOneGoesOnAndTheOtherGivesUpWhenItComesBack() {
    World world = formed(3, 2);
    world.kills = true;
    world.cutBoth(0, 1);
    assertTrue(world.runUntil(LONG, () -> world.running().size() == 1), world::describe);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    int loser = world.nodes.get(0).alive ? 1 : 0;
    for (int again = 0; again < 3; again++) {
      WorldNode newcomer = world.start(loser);
      assertTrue(world.runUntil(LONG, () -> newcomer.failure.isPresent()), world::describe);
      assertEquals(MembershipErrors.NOT_FORMED, newcomer.failure.orElseThrow().code());
      world.run(Duration.ofSeconds(1));
    }
    assertEquals(2, world.records.size(), "nobody is evicted any more");
    assertTrue(world.nodes.get(1 - loser).views.leaseHolds());
  }

  @Test
  void twoOfThreeGoOnWithoutAMemberThatHangs() {
    World world = formed(3, 3);
    world.pause(0);
    world.cutBoth(0, 1);
    world.cutBoth(0, 2);
    world.kill(1);
    world.kill(2);
    world.start(1);
    world.start(2);
    assertTrue(
        world.runUntil(
            LONG, () -> world.nodes.get(1).hasJoined() && world.nodes.get(2).hasJoined()),
        world::describe);
  }

  @Test
  void aNewcomerThatDoesNotReachAllMembersIsNotTakenIn() {
    World world = new World(3, 3);
    world.start(0);
    world.start(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.cutBoth(1, 2);
    WorldNode newcomer = world.start(2);
    world.run(LONG);
    assertFalse(newcomer.hasJoined());
    assertEquals(1, world.records.size(), "nobody is evicted");
    world.heal();
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertTrue(newcomer.hasJoined());
  }

  @Test
  void aLifeThatAViewKnowsAndTheRegistryHasForgottenIsRecordedForTheNextStart() {
    World world = new World(3, 2);
    ViewRecord newest =
        Records.of(
            1, 1, List.of(new ViewRecord.Entry(1, 99_999, EntryState.LEFT)), NodeSet.ofFirst(2));
    world.records.put(1L, world.codec().encode(newest));
    WorldNode node = world.start(1);
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.OLD_INCARNATION, node.failure.orElseThrow().code());
    assertEquals(99_999, world.recordedIncarnation);
    String reason = node.failure.orElseThrow().getMessage();
    assertTrue(reason.endsWith("the registry knows again now: start once more"), reason);
  }

  @Test
  void aNewcomerWhoseLifeIsOldStopsAlthoughItsRegistryHangs() {
    World world = new World(3, 2);
    ViewRecord newest =
        Records.of(
            1, 1, List.of(new ViewRecord.Entry(1, 99_999, EntryState.LEFT)), NodeSet.ofFirst(2));
    world.records.put(1L, world.codec().encode(newest));
    String reason = assertStopsAlthoughItsRegistryHangs(world, MembershipErrors.OLD_INCARNATION);
    assertFalse(reason.contains("start once more"), reason);
    assertTrue(reason.contains("set the clock right"), reason);
  }

  // ---- system change numbers

  @Test
  void numbersGrowOverAPlannedStopOfAll() {
    World world = formed(3, 3);
    long last = 0;
    for (WorldNode node : world.running()) {
      node.clock.observe(node.clock.current() + 1_000);
      last = Math.max(last, node.clock.current());
    }
    world.running().forEach(WorldNode::leave);
    assertTrue(world.runUntil(LONG, () -> world.running().isEmpty()), world::describe);
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    for (WorldNode node : world.running()) {
      assertTrue(node.clock.current() > last, "n" + node.id + " gives out old numbers");
    }
  }

  @Test
  void numbersAreReservedAheadOfTheirUse() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(0);
    node.clock.observe(node.clock.limit() - 1);
    long before = node.clock.limit();
    world.run(Duration.ofSeconds(1));
    assertTrue(node.clock.limit() > before + ReservedNumbers.STRIDE / 2);
  }

  @Test
  void whoOutrunsItsReservationGoesOnWhenMoreIsReserved() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(0);
    node.clock.observe(node.clock.limit() + 5);
    long given = node.clock.current();
    boolean[] woken = {false};
    assertFalse(node.clock.isReserved(given));
    node.clock.awaitReservation(() -> woken[0] = node.clock.isReserved(given));
    assertTrue(world.runUntil(LONG, () -> woken[0]), world::describe);
    assertTrue(world.reservedScn >= given, given + " is not reserved");
  }

  /** A peer whose clock is far ahead has come, and somebody commits. */
  @Test
  void whoAsksForNumbersWhileAReservationEndsWaitsForNoHeartbeat() {
    World world = formed(3, 3);
    WorldNode node = world.nodes.get(0);
    world.pause(1);
    world.pause(2); // they say nothing that would make it look
    long far = node.clock.limit() + 10 * ReservedNumbers.STRIDE;
    boolean[] asked = {false};
    world.whileReserving =
        () -> {
          world.whileReserving = () -> {};
          node.clock.observe(far);
          node.clock.awaitReservation(() -> {});
          asked[0] = true;
        };
    node.clock.observe(node.clock.limit() - 1);
    assertTrue(world.runUntil(LONG, () -> asked[0]), world::describe);
    long looks = node.cache.looks;
    assertTrue(world.runUntil(LONG, () -> node.clock.isReserved(far) || node.cache.looks > looks));
    assertTrue(node.clock.isReserved(far), "nobody looks before the next heartbeat");
  }

  /** In a view all others would wait for it. */
  @Test
  void aNewcomerWithoutNumbersIsNotTakenInAndHarmsNobody() {
    World world = formed(3, 3);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.numbersLost.add(2);
    world.start(2);
    world.run(Duration.ofSeconds(20));
    assertEquals(NodeSet.of(0, 1), world.records().belonging(), world::describe);
    assertEquals(Optional.empty(), world.nodes.get(2).failure);
    world.numbersLost.clear();
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(3, world.running().size());
  }

  // ---- a registry that goes back

  /** The logs that it finds are those of a view that it does not know yet. */
  @Test
  void whoProposesTooLateBlamesNeitherTheRegistryNorTheLogs() {
    World world = formed(3, 3);
    world.kill(2);
    world.beforeNextLogs =
        () -> {
          List<ViewRecord.Entry> next =
              world.records().entries().stream()
                  .map(entry -> entry.node() == 2 ? entry.as(EntryState.OUT) : entry)
                  .toList();
          world.records.put(2L, world.codec().encode(Records.of(2, 1, next)));
          LogId log = new LogId(2, world.nodes.get(2).incarnation);
          world.logs.remove(log);
          world.beforeNextLogs = () -> world.tombstones.add(log); // for those of that view
        };
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(2, world.running().size(), world::describe);
    assertEquals(1, world.records().proposer());
  }

  @Test
  void nodesStopWhenTheRegistryHasBeenSetBackWhileTheyRun() {
    World world = formed(3, 3);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.records.remove(2L);
    WorldNode node = world.nodes.get(0);
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.BAD_REGISTRY, node.failure.orElseThrow().code());
    assertTrue(node.failure.orElseThrow().getMessage().contains("set back"));
  }

  /** The others' registry is not this one's, although its newest view has the same number. */
  @Test
  void anotherViewOfTheSameNumberRenewsNoLease() {
    World world = formed(3, 3);
    ViewRecord other =
        Records.of(
            1,
            1,
            world.records().entries().stream().filter(e -> e.node() > 0).toList(),
            NodeSet.ofFirst(3));
    world.records.put(1L, world.codec().encode(other));
    WorldNode node = world.nodes.get(0);
    assertTrue(world.runUntil(LONG, () -> node.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.BAD_REGISTRY, node.failure.orElseThrow().code());
  }

  private static World killing(long seed, int size) {
    World world = new World(seed, size);
    world.kills = true;
    return formed(world, size);
  }

  static World formed(long seed, int size) {
    return formed(new World(seed, size), size);
  }

  private static World formed(World world, int size) {
    for (int id = 0; id < size; id++) {
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    return world;
  }
}
