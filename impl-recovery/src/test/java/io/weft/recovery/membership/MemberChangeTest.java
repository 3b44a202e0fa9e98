// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static io.weft.recovery.membership.ClusterMembershipTest.formed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.MemberErrors;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.NodeState;
import io.weft.api.WeftException;
import io.weft.spi.membership.MemberAnswer;
import io.weft.spi.membership.MemberChange;
import io.weft.spi.membership.MembershipErrors;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members that change while the cluster runs. */
final class MemberChangeTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private static long ask(World world, MemberChange change) {
    return world.requests.ask(change.encode(), 0);
  }

  private static MemberAnswer outcome(World world, long request) {
    assertTrue(
        world.runUntil(LONG, () -> world.requests.answerTo(request).isPresent()), world::describe);
    return MemberAnswer.decode(world.requests.answerTo(request).orElseThrow());
  }

  private static void done(World world, MemberChange change) {
    MemberAnswer answer = outcome(world, ask(world, change));
    assertTrue(answer.isDone(), answer::text);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  private static void refused(World world, MemberChange change, ErrorCode code, String text) {
    long before = world.records().members().list().version();
    MemberAnswer answer = outcome(world, ask(world, change));
    assertEquals(code, answer.toException().code(), answer::text);
    assertTrue(answer.text().contains(text), answer::text);
    assertEquals(before, world.records().members().list().version());
  }

  /** Its own file names it alone; the rest is in the registry. */
  @Test
  @Tag("ML-1")
  @Tag("ML-3")
  void aNodeThatNoFileKnewJoins() {
    World world = formed(3, 3);
    done(world, MemberChange.add(Records.member(3)));
    assertEquals(NodeSet.ofFirst(4), world.records().members().list().ids());
    world.otherMembers.put(3, List.of(Records.member(3)));
    WorldNode added = world.start(3);
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && added.hasJoined()), world::describe);
    assertEquals(NodeSet.ofFirst(4), world.records().belonging());
    for (WorldNode node : world.running()) {
      assertEquals(world.records().members(), node.membership.members());
      assertEquals(NodeState.HEALTHY, node.membership.stateOf(new NodeId(3)));
      assertEquals(4, node.views.current().members().size(), "the map has it");
    }
  }

  @Test
  void aNodeThatIsNotInTheListStops() {
    World world = formed(3, 3);
    world.otherMembers.put(7, List.of(Records.member(7)));
    WorldNode stranger = world.start(7);
    assertTrue(world.runUntil(LONG, () -> stranger.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.NOT_A_MEMBER, stranger.failure.orElseThrow().code());
    assertTrue(stranger.failure.orElseThrow().getMessage().contains("weft member add"));
  }

  @Test
  void aRemovedNodeStaysOutUntilItIsAddedAgain() {
    World world = formed(3, 3);
    world.nodes.get(2).leave();
    assertTrue(world.runUntil(LONG, () -> world.running().size() == 2 && world.isWhole()));
    done(world, MemberChange.remove(new NodeId(2)));
    assertEquals(NodeSet.of(2), world.records().members().list().removed());
    WorldNode again = world.start(2);
    assertTrue(world.runUntil(LONG, () -> again.failure.isPresent()), world::describe);
    assertEquals(MembershipErrors.MEMBER_REMOVED, again.failure.orElseThrow().code());
    done(world, MemberChange.add(Records.member(2)));
    WorldNode back = world.start(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && back.hasJoined()), world::describe);
  }

  /** Without the node that is gone, one of two is enough; with it, it would be one of three. */
  @Test
  void votesFollowTheList() {
    World world = formed(3, 3);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    done(world, MemberChange.remove(new NodeId(2)));
    assertEquals(EntryState.FENCED, world.records().entry(2).orElseThrow().state());
    world.kill(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(NodeSet.of(1), world.records().belonging());
    world.start(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
  }

  @Test
  void aNodeThatIsDownGetsAnotherAddress() {
    World world = formed(3, 3);
    world.kill(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    Member moved = new Member(new NodeId(1), "elsewhere", 7410, 250);
    done(world, MemberChange.change(moved));
    world.otherMembers.put(1, List.of(moved));
    WorldNode again = world.start(1);
    assertTrue(world.runUntil(LONG, () -> world.isWhole() && again.hasJoined()), world::describe);
    assertTrue(world.nodes.get(0).views.current().members().contains(moved));
  }

  @Test
  void aMemberThatRunsGetsAnotherWeight() {
    World world = formed(3, 3);
    Member heavy = new Member(new NodeId(1), "host1", 1001, 250);
    done(world, MemberChange.change(heavy));
    assertTrue(world.nodes.get(0).views.current().members().contains(heavy));
    assertEquals(3, world.running().size());
  }

  @Test
  @Tag("ML-4")
  void whatCannotBeIsRefusedWithItsCode() {
    World world = formed(3, 3);
    refused(world, MemberChange.add(Records.member(1)), MemberErrors.MEMBER_EXISTS, "another id");
    refused(
        world,
        MemberChange.add(new Member(new NodeId(8), "HOST1", 1001)),
        MemberErrors.ADDRESS_IN_USE,
        "address of n1");
    refused(
        world, MemberChange.remove(new NodeId(9)), MemberErrors.UNKNOWN_MEMBER, "n9 is no member");
    refused(world, MemberChange.remove(new NodeId(1)), MemberErrors.MEMBER_RUNS, "stop it first");
    refused(
        world,
        MemberChange.change(new Member(new NodeId(1), "elsewhere", 1)),
        MemberErrors.MEMBER_RUNS,
        "stop it first");
    Member longHost = new Member(new NodeId(8), "x".repeat(256), 1);
    WeftException e = assertThrows(WeftException.class, MemberChange.add(longHost)::encode);
    assertEquals(MemberErrors.BAD_MEMBER, e.code());
    long bad = world.requests.ask(new byte[] {1, 2, 3}, 0);
    assertEquals(MemberErrors.BAD_REQUEST, outcome(world, bad).toException().code());
    assertEquals(1, world.records().epoch(), "no view was made for any of them");
  }

  @Test
  void theLastMemberStays() {
    World world = formed(3, 1);
    refused(
        world, MemberChange.remove(new NodeId(0)), MemberErrors.LAST_MEMBER, "is the last member");
  }

  /** Two of four run, which is a quorum with the registry; of five votes they would be two. */
  @Test
  void aChangeThatWouldCostTheQuorumIsRefused() {
    World world = formed(3, 4);
    world.kill(2);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.kill(3);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    refused(
        world, MemberChange.add(Records.member(4)), MemberErrors.QUORUM_AT_RISK, "3 of 5 votes");
    done(world, MemberChange.remove(new NodeId(3)));
    done(world, MemberChange.add(Records.member(4)));
  }

  @Test
  @Tag("ML-2")
  void requestsAreCarriedOutOneAfterAnother() {
    World world = formed(3, 3);
    long first = ask(world, MemberChange.add(Records.member(5)));
    long second = ask(world, MemberChange.add(Records.member(6)));
    long third = ask(world, MemberChange.add(Records.member(5)));
    assertTrue(outcome(world, first).isDone());
    assertTrue(outcome(world, second).isDone());
    assertEquals(MemberErrors.MEMBER_EXISTS, outcome(world, third).toException().code());
    assertEquals(second, world.records().members().request());
    assertEquals(3, world.records().epoch(), "a view for each change");
    assertEquals(2, world.records().members().list().version());
  }

  /** Whatever the leader has done of it: the next one finds out, and does the rest. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610})
  void aLeaderThatDiesLeavesNothingOpen(int afterMs) {
    World world = formed(3, 3);
    long request = ask(world, MemberChange.add(Records.member(4)));
    world.runUntil(LONG, () -> world.nodes.get(0).views.epoch() > 1 || afterMs > 100);
    world.run(Duration.ofMillis(afterMs % 100));
    world.kill(0);
    assertTrue(outcome(world, request).isDone(), world::describe);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    assertEquals(1, world.records().members().list().version(), "it is done once");
    assertEquals(request, world.records().members().request());
  }

  /**
   * The record remembers one request only. If the next one were carried out before the first has
   * its answer, nobody would know any more that the first is done, and it would be refused.
   */
  @Test
  @Tag("ML-3")
  void noRequestIsCarriedOutBeforeTheOneBeforeItHasItsAnswer() {
    World world = formed(3, 3);
    long first = ask(world, MemberChange.add(Records.member(5)));
    long second = ask(world, MemberChange.add(Records.member(6)));
    world.answersFail = true;
    world.run(Duration.ofSeconds(10));
    assertEquals(first, world.records().members().request(), "the second one waits");
    world.kill(0);
    world.run(Duration.ofSeconds(10));
    world.start(0);
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.answersFail = false;
    assertTrue(outcome(world, first).isDone(), outcome(world, first)::text);
    assertTrue(outcome(world, second).isDone(), outcome(world, second)::text);
    assertEquals(2, world.records().members().list().version());
  }

  @Test
  void aRequestWaitsForAClusterThatIsDown() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    long request = ask(world, MemberChange.add(Records.member(4)));
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    assertTrue(outcome(world, request).isDone(), world::describe);
  }

  @Test
  void aRequestThatIsWithdrawnIsNotCarriedOut() {
    World world = formed(3, 3);
    for (int id = 0; id < 3; id++) {
      world.kill(id);
    }
    long request = ask(world, MemberChange.add(Records.member(4)));
    byte[] withdrawn =
        MemberAnswer.refused(MemberErrors.NOT_CARRIED_OUT, "it is withdrawn").encode();
    world.requests.answer(request, withdrawn);
    for (int id = 0; id < 3; id++) {
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    world.run(Duration.ofSeconds(5));
    assertEquals(0, world.records().members().list().version());
  }

  /** A list that is too long for a full mesh, and one that is short enough again. */
  @Test
  void aMeshBecomesSparseAndAMeshAgain() {
    World world = new World(3, 4);
    world.watchers = 3;
    world.electors = 3;
    for (int id = 0; id < 4; id++) {
      world.start(id);
    }
    assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
    for (int id = 4; id < 7; id++) {
      done(world, MemberChange.add(Records.member(id)));
      world.otherMembers.put(id, List.of(Records.member(id)));
      WorldNode added = world.start(id);
      assertTrue(world.runUntil(LONG, () -> world.isWhole() && added.hasJoined()), world::describe);
    }
    for (int id = 6; id > 2; id--) {
      world.kill(id);
      assertTrue(world.runUntil(LONG, () -> world.isWhole()), world::describe);
      done(world, MemberChange.remove(new NodeId(id)));
    }
    assertEquals(NodeSet.ofFirst(3), world.records().members().list().ids());
    world.run(Duration.ofSeconds(10));
    assertEquals(3, world.running().size(), world::describe);
    assertFalse(world.running().stream().anyMatch(node -> node.failure.isPresent()));
    assertEquals(Optional.empty(), world.nodes.get(1).failure);
  }
}
