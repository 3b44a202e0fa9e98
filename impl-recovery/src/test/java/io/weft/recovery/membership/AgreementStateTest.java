// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The stances of a node, from every one to every other one. */
final class AgreementStateTest {
  /** The shortest ways to each stance. */
  private static final Map<Stance, List<Stance>> WAYS =
      new EnumMap<>(
          Map.of(
              Stance.STARTING, List.of(),
              Stance.JOINING, List.of(Stance.JOINING),
              Stance.MEMBER, List.of(Stance.JOINING, Stance.MEMBER),
              Stance.LEAVING, List.of(Stance.JOINING, Stance.MEMBER, Stance.LEAVING),
              Stance.GONE, List.of(Stance.GONE)));

  /** What {@link ViewAgreement} draws. */
  private static final Map<Stance, Set<Stance>> DRAWN =
      new EnumMap<>(
          Map.of(
              Stance.STARTING, EnumSet.of(Stance.JOINING, Stance.GONE),
              Stance.JOINING, EnumSet.of(Stance.MEMBER, Stance.GONE),
              Stance.MEMBER, EnumSet.of(Stance.LEAVING, Stance.GONE),
              Stance.LEAVING, EnumSet.of(Stance.GONE),
              Stance.GONE, EnumSet.of(Stance.GONE)));

  @Test
  void aNodeGoesTheDrawnWaysAndNoOther() {
    for (Stance from : Stance.values()) {
      for (Stance to : Stance.values()) {
        AgreementState state = at(from);
        if (DRAWN.get(from).contains(to)) {
          state.become(to);
          assertEquals(to, state.stance());
        } else {
          WeftException refused =
              assertThrows(WeftException.class, () -> state.become(to), from + " to " + to);
          assertEquals(CoreErrors.INVARIANT_BROKEN, refused.code());
          assertEquals(from, state.stance());
        }
      }
    }
  }

  private static AgreementState at(Stance stance) {
    AgreementState state =
        new AgreementState(
            new AgreementSettings(
                1,
                7,
                false,
                0b11,
                new AgreementSettings.Timing(3, 5, 1, 1),
                new AgreementSettings.Texts("", "", id -> "n" + id)));
    WAYS.get(stance).forEach(state::become);
    return state;
  }
}
