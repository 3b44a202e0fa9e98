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
 * The specification of changes of the members. The large configurations are left to {@code
 * src/spec/check.sh all}.
 */
final class MemberSpecificationTest {
  /** The names of the bounds in {@code member-mutants.txt}, in the order of its columns. */
  private static final List<String> BOUNDS =
      List.of("First", "MaxRec", "MaxChange", "MaxCrash", "MaxSplit");

  private static CheckedSpecification specification;

  @BeforeAll
  static void read() throws IOException {
    specification =
        new CheckedSpecification(
            "Members",
            "V",
            List.of("MembersAdd", "MembersRemove"),
            "member-mutants.txt",
            1 + BOUNDS.size(),
            MemberSpecificationTest::constants,
            Set.of());
  }

  private static String constants(List<String> words) {
    return "Node = {%s} %s"
        .formatted(
            BrokenRule.modelValues("n", words.getFirst()),
            BrokenRule.values(BOUNDS, words.subList(1, words.size())));
  }

  @TestFactory
  Stream<DynamicTest> whatTlcFinds(@TempDir Path runs) throws IOException {
    return specification.check(runs);
  }

  @Test
  void everyRuleIsBrokenByAMutant() {
    specification.assertEveryRuleIsBroken(9);
  }

  @Test
  void theRecordIsOfThisSpecification() throws IOException {
    specification.assertRecorded();
  }
}
