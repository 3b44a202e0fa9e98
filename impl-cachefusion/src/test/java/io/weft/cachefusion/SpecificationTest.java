// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The specification of the protocol of blocks. The large configurations take minutes and are left
 * to {@code src/spec/check.sh all}.
 */
final class SpecificationTest {
  /** The names of the bounds in {@code mutants.txt}, in the order of its columns. */
  private static final List<String> BOUNDS =
      List.of(
          "MaxVer",
          "MaxCrash",
          "MaxEvict",
          "MaxJoin",
          "MaxCold",
          "MaxReq",
          "MaxOpt",
          "MaxFail",
          "MaxMove");

  private static CheckedSpecification specification;

  @BeforeAll
  static void read() throws IOException {
    specification =
        new CheckedSpecification(
            "CacheFusion",
            "R",
            List.of(
                "Small",
                "Prefetch",
                "FailedRead",
                "Keep",
                "Rejoin",
                "Joint",
                "Cold",
                "AheadLiveness",
                "ColdLiveness",
                "Move",
                "MoveCrash",
                "MoveTwice",
                "MoveKeep",
                "MoveLiveness"),
            "mutants.txt",
            2 + BOUNDS.size(),
            SpecificationTest::constants,
            Set.of("Granted", "Released", "MoveEnds"));
  }

  private static String constants(List<String> words) {
    return "Node = {%s} Block = {%s} None = None Stamps = 1 %s"
        .formatted(
            BrokenRule.modelValues("n", words.get(0)),
            BrokenRule.modelValues("b", words.get(1)),
            BrokenRule.values(BOUNDS, words.subList(2, words.size())));
  }

  @TestFactory
  Stream<DynamicTest> whatTlcFinds(@TempDir Path runs) throws IOException {
    return specification.check(runs);
  }

  @Test
  void everyRuleIsBrokenByAMutant() {
    specification.assertEveryRuleIsBroken(49);
  }

  @Test
  void theRecordIsOfThisSpecification() throws IOException {
    specification.assertRecorded();
  }
}
