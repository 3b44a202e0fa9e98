// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.LockMode;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ModesTest {
  private static final String MATRIX =
      """
      111111
      111110
      111000
      110100
      110000
      100000
      """;

  private static Stream<LockMode> all() {
    return Arrays.stream(LockMode.values());
  }

  @Test
  void theMatrixIsTheStandardOne() {
    String[] rows = MATRIX.split("\n");
    all()
        .forEach(
            a ->
                all()
                    .forEach(
                        b -> {
                          assertEquals(
                              rows[a.ordinal()].charAt(b.ordinal()) == '1',
                              a.isCompatibleWith(b),
                              a + " beside " + b);
                          assertEquals(a.isCompatibleWith(b), b.isCompatibleWith(a));
                        }));
  }

  @Test
  void aModeCoversWhatExcludesNoMore() {
    all()
        .forEach(
            a ->
                all()
                    .forEach(
                        b ->
                            assertEquals(
                                all()
                                    .allMatch(c -> !a.isCompatibleWith(c) || b.isCompatibleWith(c)),
                                a.covers(b),
                                a + " covers " + b)));
  }

  @Test
  void joinIsTheLeastModeThatCoversBothAndMeetTheGreatestThatBothCover() {
    all()
        .forEach(
            a ->
                all()
                    .forEach(
                        b -> {
                          LockMode join = Modes.join(a, b);
                          assertTrue(join.covers(a) && join.covers(b));
                          assertTrue(
                              all()
                                  .filter(c -> c.covers(a) && c.covers(b))
                                  .allMatch(c -> c.covers(join)));
                          LockMode meet = Modes.meet(a, b);
                          assertTrue(a.covers(meet) && b.covers(meet));
                          assertTrue(
                              all().filter(c -> a.covers(c) && b.covers(c)).allMatch(meet::covers));
                        }));
  }

  @Test
  void whatIsKeptBesideAModeIsTheGreatestCompatibleOne() {
    all()
        .forEach(
            mode -> {
              LockMode kept = Modes.keptBeside(mode);
              assertTrue(kept.isCompatibleWith(mode));
              assertTrue(all().filter(mode::isCompatibleWith).allMatch(kept::covers));
            });
  }
}
