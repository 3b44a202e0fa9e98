// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.CoreErrors;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The stances of a node, from every one to every other one. */
final class AgreementStateTest {
  /** The shortest ways to each phase. */
  private static final Map<MembershipPhase, List<MembershipPhase>> WAYS =
      new EnumMap<>(
          Map.of(
              MembershipPhase.STARTING, List.of(),
              MembershipPhase.JOINING, List.of(MembershipPhase.JOINING),
              MembershipPhase.MEMBER, List.of(MembershipPhase.JOINING, MembershipPhase.MEMBER),
              MembershipPhase.LEAVING,
                  List.of(MembershipPhase.JOINING, MembershipPhase.MEMBER, MembershipPhase.LEAVING),
              MembershipPhase.GONE, List.of(MembershipPhase.GONE)));

  /** What {@link ViewAgreement} draws. */
  private static final Map<MembershipPhase, Set<MembershipPhase>> DRAWN =
      new EnumMap<>(
          Map.of(
              MembershipPhase.STARTING, EnumSet.of(MembershipPhase.JOINING, MembershipPhase.GONE),
              MembershipPhase.JOINING, EnumSet.of(MembershipPhase.MEMBER, MembershipPhase.GONE),
              MembershipPhase.MEMBER, EnumSet.of(MembershipPhase.LEAVING, MembershipPhase.GONE),
              MembershipPhase.LEAVING, EnumSet.of(MembershipPhase.GONE),
              MembershipPhase.GONE, EnumSet.of(MembershipPhase.GONE)));

  @Test
  void aNodeGoesTheDrawnWaysAndNoOther() {
    for (MembershipPhase from : MembershipPhase.values()) {
      for (MembershipPhase to : MembershipPhase.values()) {
        AgreementState state = at(from);
        if (DRAWN.get(from).contains(to)) {
          state.become(to);
          assertEquals(to, state.phase());
        } else {
          WeftException refused =
              assertThrows(WeftException.class, () -> state.become(to), from + " to " + to);
          assertEquals(CoreErrors.INVARIANT_BROKEN, refused.code());
          assertEquals(from, state.phase());
        }
      }
    }
  }

  private static AgreementState at(MembershipPhase phase) {
    AgreementState state =
        new AgreementState(
            new AgreementSettings(
                1,
                7,
                false,
                Records.members(NodeSet.of(0, 1)),
                new AgreementSettings.Spread(6, 7),
                new AgreementSettings.Timing(3, 5, 1, 1),
                new AgreementSettings.Texts("", ""),
                AgreementRules.STANDARD));
    WAYS.get(phase).forEach(state::become);
    return state;
  }
}
