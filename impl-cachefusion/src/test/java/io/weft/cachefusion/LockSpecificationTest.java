// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The specification of global locks. The large configurations are left to {@code src/spec/check.sh
 * all}.
 */
final class LockSpecificationTest {
  /** The names of the bounds in {@code lock-mutants.txt}, in the order of its columns. */
  private static final List<String> BOUNDS =
      List.of(
          "MaxAsk",
          "MaxConv",
          "MaxWrite",
          "MaxDrop",
          "MaxCancel",
          "MaxRefuse",
          "MaxForget",
          "MaxCrash",
          "MaxEvict",
          "MaxJoin",
          "MaxMove");

  private static CheckedSpecification specification;

  @BeforeAll
  static void read() throws IOException {
    specification =
        new CheckedSpecification(
            "GlobalLocks",
            "L",
            List.of("LocksCrash", "LocksEvict", "LocksLive", "LocksMove", "LocksMoveTwice"),
            "lock-mutants.txt",
            3 + BOUNDS.size(),
            LockSpecificationTest::constants,
            Set.of("Granted", "Settled"));
  }

  private static String constants(List<String> words) {
    return "Node = {%s} Owner = {%s} None = None Asked = {%s} %s"
        .formatted(
            BrokenRule.modelValues("n", words.get(0)),
            BrokenRule.modelValues("o", words.get(1)),
            Arrays.stream(words.get(2).split(","))
                .map(mode -> '"' + mode + '"')
                .collect(Collectors.joining(", ")),
            BrokenRule.values(BOUNDS, words.subList(3, words.size())));
  }

  @TestFactory
  Stream<DynamicTest> whatTlcFinds(@TempDir Path runs) throws IOException {
    return specification.check(runs);
  }

  @Test
  void everyRuleIsBrokenByAMutant() {
    specification.assertEveryRuleIsBroken(25);
  }

  @Test
  void theRecordIsOfThisSpecification() throws IOException {
    specification.assertRecorded();
  }
}
