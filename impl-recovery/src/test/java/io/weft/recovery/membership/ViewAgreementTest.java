// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.NodeSet;
import io.weft.spi.membership.MembershipErrors;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Orders of events that whole nodes seldom meet. */
final class ViewAgreementTest {
  private static final long MS = 1_000_000;
  private static final NodeIncarnation MEMBER = new NodeIncarnation(0, 3);
  private static final ViewRecord NEWEST =
      Records.of(5, 0, List.of(new ViewRecord.Entry(0, 3, EntryState.MEMBER)), NodeSet.of(0, 1));

  /** Node 1 of two; together with the registry it is a quorum. */
  private final ViewAgreement agreement =
      new ViewAgreement(
          new AgreementSettings(
              1,
              7,
              false,
              Records.members(NodeSet.of(0, 1)),
              new AgreementSettings.Spread(6, 7),
              new AgreementSettings.Timing(3000 * MS, 5, 100 * MS, 50 * MS),
              new AgreementSettings.Texts("the registry", "the logs"),
              AgreementRules.STANDARD),
          new WorldNode.Silence());

  /** Its registry is empty, so nobody of the view that it has been told of would count. */
  @Test
  void whoHasNotReadTheViewThatItWasToldOfFormsNone() {
    agreement.join(0);
    agreement.onConnected(0, 3, MS);
    agreement.onMessage(0, recovered(5, 1), 2 * MS);
    agreement.onRegistryRead(0, Optional.empty(), 3 * MS);
    agreement.onDisconnected(0, 3, 4 * MS);
    for (long now = 100 * MS; now < 1400 * MS; now += 100 * MS) {
      agreement.tick(now);
      List<Effect> effects = agreement.takeEffects();
      assertTrue(effects.stream().noneMatch(e -> e instanceof Effect.CheckLogs), effects::toString);
      if (effects.contains(new Effect.ReadRegistry())) {
        agreement.onRegistryRead(now, Optional.empty(), now + MS);
        assertTrue(agreement.takeEffects().stream().noneMatch(e -> e instanceof Effect.CheckLogs));
      }
    }
  }

  /** A message may bring the record before this node joins: it does not wait for ever then. */
  @Test
  void whoIsToldBeforeItJoinsThatItIsNoMemberStops() {
    ViewRecord without =
        Records.of(5, 0, List.of(new ViewRecord.Entry(0, 3, EntryState.MEMBER)), NodeSet.of(0, 2));
    agreement.onConnected(0, 3, MS);
    agreement.onMessage(0, new MembershipMessage.Announcement(3, without), 2 * MS);
    agreement.join(3 * MS);
    assertEquals(
        List.of(MembershipErrors.NOT_A_MEMBER),
        agreement.takeEffects().stream()
            .filter(Effect.Stop.class::isInstance)
            .map(stop -> ((Effect.Stop) stop).code())
            .toList());
  }

  /** A node that no file knew may connect a moment before this one has read the list with it. */
  @Test
  void whoConnectsBeforeTheRecordNamesItIsHeardAndTold() {
    agreement.join(0);
    agreement.onConnected(2, 9, MS);
    ViewRecord with =
        Records.of(
            5,
            0,
            List.of(
                new ViewRecord.Entry(0, 3, EntryState.MEMBER),
                new ViewRecord.Entry(2, 9, EntryState.MEMBER)),
            NodeSet.ofFirst(3));
    agreement.onRegistryRead(0, Optional.of(with), 2 * MS);
    agreement.takeEffects();
    List<Effect> effects = ticks(2 * MS, 300 * MS);
    assertTrue(
        effects.stream().anyMatch(e -> e instanceof Effect.Send send && send.to() == 2),
        effects::toString);
  }

  /**
   * The member that it has waited for dies, and the registry takes its time to say so: the newcomer
   * does not give up before that, as if it could not reach a member that runs.
   */
  @Test
  void aNewcomerWaitsForTheProofThatTheMemberItWasInTouchWithHasEnded() {
    long lost = outOfTouch();
    List<Effect> meanwhile = ticks(lost, lost + 20_000 * MS);
    assertTrue(meanwhile.stream().noneMatch(ViewAgreementTest::decides), meanwhile::toString);
    agreement.onStopAnswer(MEMBER, true, lost + 20_000 * MS);
    List<Effect> then = ticks(lost + 20_000 * MS, lost + 20_200 * MS);
    assertTrue(then.stream().anyMatch(e -> e instanceof Effect.CheckLogs), then::toString);
  }

  /** Nor as soon as the registry has answered: it may know a moment later. */
  @Test
  void aNewcomerThatHasLostTouchWithARunningMemberGivesUpAfterALease() {
    long lost = outOfTouch();
    agreement.onStopAnswer(MEMBER, false, lost + MS);
    agreement.onStopAnswer(MEMBER, false, lost + 2 * MS);
    List<Effect> meanwhile = ticks(lost, lost + 3000 * MS);
    assertTrue(meanwhile.stream().noneMatch(ViewAgreementTest::decides), meanwhile::toString);
    List<Effect> then = ticks(lost + 3000 * MS, lost + 3500 * MS);
    assertTrue(then.stream().anyMatch(e -> e instanceof Effect.Stop), then::toString);
  }

  /** The host of a member is gone, and the connection with it seems to be there. */
  @Test
  void aNewcomerAsksAboutAMemberThatIsConnectedAndSilent() {
    long silent = inTouch();
    List<Effect> effects = ticks(silent, silent + 1000 * MS);
    assertTrue(effects.contains(new Effect.AskStopped(MEMBER, 0)), effects::toString);
    agreement.onStopAnswer(MEMBER, true, silent + 1000 * MS);
    List<Effect> then = ticks(silent + 4000 * MS, silent + 4500 * MS);
    assertTrue(then.stream().anyMatch(e -> e instanceof Effect.CheckLogs), then::toString);
  }

  /**
   * Its lease begins with its vote; if the registry has taken the view long after that, or a look
   * at the registry was under way, the lease has to be renewed at once.
   */
  @Test
  void aNewcomerThatHasVotedLongAgoLooksAtTheRegistryAtOnce() {
    takenInDuringALook();
    assertTrue(agreement.takeEffects().contains(new Effect.ReadRegistry()));
  }

  /** What a look shows that was begun before a view does not mean that the view is missing. */
  @Test
  void anAnswerIsJudgedByWhatWasKnownWhenItWasAskedFor() {
    takenInDuringALook();
    List<Effect> effects = ticks(1100 * MS, 6000 * MS);
    List<ErrorCode> codes =
        effects.stream()
            .filter(Effect.Stop.class::isInstance)
            .map(stop -> ((Effect.Stop) stop).code())
            .toList();
    assertEquals(List.of(MembershipErrors.LEASE_LOST), codes, "the registry does not answer");
  }

  /** Its numbers are reserved first, and that may take so long that it is told to leave. */
  @Test
  void whoHasLeftBeforeItBeganToJoinDoesNotJoin() {
    agreement.leave(0);
    assertEquals(List.of(new Effect.Left()), agreement.takeEffects());
    agreement.join(MS);
    agreement.tick(100 * MS);
    assertEquals(MembershipPhase.GONE, agreement.phase());
    assertEquals(List.of(), agreement.takeEffects());
  }

  private void takenInDuringALook() {
    agreement.join(0);
    agreement.onConnected(0, 3, MS);
    agreement.onMessage(0, recovered(5, 1), MS);
    agreement.onRegistryRead(0, Optional.of(NEWEST), 2 * MS);
    ViewRecord next =
        Records.of(
            6,
            0,
            List.of(
                new ViewRecord.Entry(0, 3, EntryState.MEMBER),
                new ViewRecord.Entry(1, 7, EntryState.MEMBER)));
    agreement.onMessage(0, new MembershipMessage.VoteRequest(3, 1, next), 10 * MS);
    List<Effect> before = ticks(100 * MS, 1000 * MS);
    assertTrue(before.contains(new Effect.ReadRegistry()), before::toString);
    agreement.onMessage(0, new MembershipMessage.Announcement(3, next), 1000 * MS);
    agreement.takeEffects();
    agreement.onRegistryRead(750 * MS, Optional.of(NEWEST), 1001 * MS);
  }

  /** It has been in touch with a member for long when the connection breaks; returns when. */
  private long outOfTouch() {
    long now = inTouch();
    agreement.onDisconnected(0, 3, now);
    assertTrue(agreement.takeEffects().contains(new Effect.AskStopped(MEMBER, 0)));
    return now;
  }

  private long inTouch() {
    agreement.join(0);
    agreement.onConnected(0, 3, MS);
    agreement.onMessage(0, recovered(5, 1), MS);
    agreement.onRegistryRead(0, Optional.of(NEWEST), 2 * MS);
    long now = 100 * MS;
    for (; now < 10_000 * MS; now += 100 * MS) {
      agreement.onMessage(0, recovered(5, now), now);
      agreement.tick(now);
    }
    agreement.takeEffects();
    return now;
  }

  private List<Effect> ticks(long from, long to) {
    for (long now = from; now < to; now += 100 * MS) {
      agreement.tick(now);
    }
    return agreement.takeEffects();
  }

  private static boolean decides(Effect effect) {
    return effect instanceof Effect.Stop || effect instanceof Effect.CheckLogs;
  }

  private static MembershipMessage.Status recovered(long epoch, long sentNs) {
    return new MembershipMessage.Status(
        3,
        sentNs,
        MembershipLease.NEVER,
        0,
        MembershipPhase.MEMBER,
        false,
        new MembershipMessage.Progress(epoch, epoch, epoch, epoch, epoch),
        NodeSet.NONE);
  }
}
