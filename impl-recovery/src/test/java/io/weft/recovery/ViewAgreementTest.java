// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Orders of events that whole nodes seldom meet. */
final class ViewAgreementTest {
  private static final long MS = 1_000_000;

  /** Node 1 of two; together with the registry it is a quorum. */
  private final ViewAgreement agreement =
      new ViewAgreement(
          new AgreementSettings(
              1,
              7,
              false,
              0b11,
              3000 * MS,
              5,
              100 * MS,
              50 * MS,
              750 * MS,
              "the registry",
              "the logs",
              id -> "n" + id),
          new WorldNode.Silence());

  /** Its registry is empty, so nobody of the view that it has been told of would count. */
  @Test
  void whoHasNotReadTheViewThatItWasToldOfFormsNone() {
    agreement.join(0);
    agreement.onConnected(0, 3, MS);
    agreement.onMessage(0, recovered(5), 2 * MS);
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

  private static MembershipMessage.Status recovered(long epoch) {
    return new MembershipMessage.Status(
        3, 1, Lease.NEVER, 0, Stance.MEMBER, false, epoch, epoch, epoch, epoch, epoch, 0);
  }
}
