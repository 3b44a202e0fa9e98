// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * For how long a node keeps its promise to a proposer. The view is that of n0 to n3; n3 leaves, so
 * that there is a next view to propose.
 */
final class ElectionTest {
  private static final long MS = 1_000_000;
  private static final long LEASE_NS = 3000 * MS;

  /** When the node promises its vote. */
  private static final long PROMISE_NS = 1000 * MS;

  private static final int NODES = 4;
  private static final int LEAVER = 3;
  private static final ViewRecord NEWEST = Records.of(5, 0, entries(EntryState.MEMBER));

  /** The next view, as a node proposes it. */
  private static ViewRecord next(int proposer) {
    return Records.of(6, proposer, entries(EntryState.LEFT));
  }

  private static List<ViewRecord.Entry> entries(EntryState leaver) {
    List<ViewRecord.Entry> entries = new ArrayList<>();
    for (int node = 0; node < NODES; node++) {
      EntryState state = node == LEAVER ? leaver : EntryState.MEMBER;
      entries.add(new ViewRecord.Entry(node, incarnation(node), state));
    }
    return entries;
  }

  private static long incarnation(int node) {
    return 10 + node;
  }

  /**
   * A node that asks for votes while it would refuse its own to a third node asks in vain: the
   * others have promised theirs at about the same time. It also disturbs the holder of its promise,
   * which may be about to write the record. The moment is the time since the promise in percent of
   * a lease.
   */
  @ParameterizedTest
  @ValueSource(longs = {10, 100, 300, 600})
  void aNodeDoesNotProposeWhileItWouldNotVoteForAThirdNode(long heartbeatMs) {
    boolean proposes = false;
    for (int percent = 1; percent <= 100; percent++) {
      long moment = PROMISE_NS + LEASE_NS / 100 * percent;
      Node proposer = new Node(0, heartbeatMs * MS);
      proposer.runUntil(PROMISE_NS);
      assertTrue(proposer.votesFor(1));
      proposer.leaving = true;
      proposer.runUntil(moment);
      proposes = proposer.askedForVotesNs.isPresent();

      Node voter = new Node(0, heartbeatMs * MS);
      voter.runUntil(PROMISE_NS);
      assertTrue(voter.votesFor(1));
      voter.runUntil(moment);
      if (proposes) {
        assertTrue(voter.votesFor(2), "proposes after " + percent + " % of a lease, does not vote");
      }
    }
    assertTrue(proposes, "the promise ends");
  }

  /** Else the holder of the promise would be hung for longer, and the attempt in vain. */
  @Test
  void votersAreFreeWhenTheNextMemberProposesInThePlaceOfOneThatHangs() {
    Node second = new Node(1, 100 * MS);
    Node voter = new Node(2, 100 * MS);
    for (Node node : List.of(second, voter)) {
      node.runUntil(PROMISE_NS);
      assertTrue(node.votesFor(0));
    }
    second.leaving = true;
    second.runUntil(PROMISE_NS + LEASE_NS);
    long asked = second.askedForVotesNs.orElseThrow();
    assertTrue(asked > PROMISE_NS + LEASE_NS / 2, "it waits for half a lease");
    voter.runUntil(asked);
    assertTrue(voter.votesFor(1));
  }

  /**
   * The host of the proposer is gone, and its connection seems to be there. Nothing is left for the
   * promise to cover: a third of a lease would be added to the time of the recovery.
   */
  @Test
  void aPromiseEndsWhenItsHolderIsSuspected() {
    Node second = new Node(1, 100 * MS);
    Node voter = new Node(2, 100 * MS);
    for (Node node : List.of(second, voter)) {
      node.runUntil(PROMISE_NS);
      assertTrue(node.votesFor(0));
      node.seesEnded(0);
    }
    second.runUntil(PROMISE_NS + 300 * MS);
    long asked = second.askedForVotesNs.orElseThrow();
    voter.runUntil(asked);
    assertTrue(voter.votesFor(1));
  }

  /**
   * The proposer asks again because it does not know that its first attempt was accepted. When its
   * second question arrives, a later view may have put this node out: a lease may not begin then.
   */
  @Test
  void aLeaseBeginsWithTheFirstVoteNotWithARepeatedOne() {
    Node node = new Node(1, 100 * MS);
    node.registryAnswers = false;
    node.runUntil(PROMISE_NS);
    assertTrue(node.votesFor(0));
    node.runUntil(PROMISE_NS + 500 * MS);
    assertTrue(node.votesFor(0));
    node.announce(next(0));
    assertEquals(PROMISE_NS + LEASE_NS, node.agreement.leaseUntilNs());
  }

  /**
   * This node proposes in the place of one that hangs, which refuses, because its own proposal is
   * before the registry. The refusal may arrive long after that proposal was accepted.
   */
  @Test
  void aLeaseDoesNotBeginWithARefusal() {
    Node node = new Node(1, 100 * MS);
    node.registryAnswers = false;
    node.runUntil(PROMISE_NS);
    assertTrue(node.votesFor(0));
    node.leaving = true;
    node.runUntil(PROMISE_NS + LEASE_NS / 2 + 200 * MS);
    assertTrue(node.askedForVotesNs.isPresent());
    node.isRefusedBy(0);
    node.announce(next(0));
    assertEquals(PROMISE_NS + LEASE_NS, node.agreement.leaseUntilNs());
  }

  /** A member of view 5 whose peers are all well, and go on sending heartbeats. */
  private static final class Node {
    private final int id;
    private final long heartbeatNs;
    private final ViewAgreement agreement;
    private long now;
    private boolean leaving;
    private boolean registryAnswers = true;
    private int attempts;

    /** When it asked for votes first. */
    private OptionalLong askedForVotesNs = OptionalLong.empty();

    Node(int id, long heartbeatNs) {
      this.id = id;
      this.heartbeatNs = heartbeatNs;
      agreement =
          new ViewAgreement(
              new AgreementSettings(
                  id,
                  incarnation(id),
                  false,
                  Records.members(NodeSet.ofFirst(NODES)),
                  new AgreementSettings.Spread(6, 7),
                  new AgreementSettings.Timing(LEASE_NS, 5, heartbeatNs, 50 * MS),
                  new AgreementSettings.Texts("the registry", "the logs"),
                  AgreementRules.STANDARD),
              new WorldNode.Silence());
      agreement.join(0);
      agreement.onRegistryRead(0, Optional.of(NEWEST), 0);
      assertEquals(MembershipPhase.MEMBER, agreement.phase());
      for (int peer = 0; peer < NODES; peer++) {
        if (peer != id) {
          agreement.onConnected(peer, incarnation(peer), 0);
        }
      }
    }

    /** Lets its heartbeats and those of the others come, and answers its questions. */
    void runUntil(long untilNs) {
      for (; now + heartbeatNs <= untilNs; now += heartbeatNs) {
        hear(now + heartbeatNs);
        agreement.tick(now + heartbeatNs);
        List<Effect> effects = agreement.takeEffects();
        effects.forEach(this::countAttempt);
        if (askedForVotesNs.isEmpty() && effects.stream().anyMatch(Node::asksForAVote)) {
          askedForVotesNs = OptionalLong.of(now + heartbeatNs);
        }
        if (registryAnswers && effects.contains(new Effect.ReadRegistry())) {
          agreement.onRegistryRead(now + heartbeatNs, Optional.of(NEWEST), now + heartbeatNs);
        }
      }
    }

    private void countAttempt(Effect effect) {
      if (effect instanceof Effect.Send send
          && send.message() instanceof MembershipMessage.VoteRequest request) {
        attempts = Math.max(attempts, request.attempt());
      }
    }

    private void hear(long atNs) {
      for (int peer = 0; peer < NODES; peer++) {
        if (peer != id) {
          MembershipPhase phase =
              leaving && peer == LEAVER ? MembershipPhase.LEAVING : MembershipPhase.MEMBER;
          agreement.onMessage(
              peer,
              new MembershipMessage.Status(
                  incarnation(peer),
                  atNs,
                  atNs,
                  incarnation(id),
                  phase,
                  false,
                  new MembershipMessage.Progress(5, 5, 5, 5, 5),
                  NodeSet.NONE),
              atNs);
        }
      }
    }

    /** Whether it votes now for the next view as {@code proposer} proposes it. */
    boolean votesFor(int proposer) {
      agreement.takeEffects();
      agreement.onMessage(
          proposer,
          new MembershipMessage.VoteRequest(incarnation(proposer), 1, next(proposer)),
          now);
      return agreement
          .takeEffects()
          .contains(
              new Effect.Send(
                  proposer, new MembershipMessage.Vote(incarnation(id), 1, next(0).epoch(), true)));
    }

    /** The registry says that the process of a peer has ended. */
    void seesEnded(int peer) {
      agreement.onStopAnswer(new NodeIncarnation(peer, incarnation(peer)), true, now);
    }

    /** A proposer that it has asked for a vote says no. */
    void isRefusedBy(int peer) {
      agreement.onMessage(
          peer,
          new MembershipMessage.Vote(incarnation(peer), attempts, next(id).epoch(), false),
          now);
    }

    void announce(ViewRecord record) {
      agreement.onMessage(
          record.proposer(),
          new MembershipMessage.Announcement(incarnation(record.proposer()), record),
          now);
    }

    private static boolean asksForAVote(Effect effect) {
      return effect instanceof Effect.Send send
          && send.message() instanceof MembershipMessage.VoteRequest;
    }
  }
}
