// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs TLC on the specification of changes of the members: the small configurations hold, and every
 * rule that is broken on purpose is found out. The large ones are left to {@code src/spec/check.sh
 * all}.
 */
final class MemberSpecificationTest {
  private static final Path SPECIFICATION = Path.of("src", "spec").toAbsolutePath();

  /** Names and columns of the bounds in {@code member-mutants.txt}, after the number of nodes. */
  private static final List<String> BOUNDS =
      List.of("First", "MaxRec", "MaxChange", "MaxCrash", "MaxSplit");

  /** Small configurations, with the number of states below which each would prove nothing. */
  private static final Map<String, Integer> SMALL =
      Map.of("MembersAdd", 1_000, "MembersRemove", 1_000);

  @TempDir private static Path runs;

  private static ModelChecker checker;

  @BeforeAll
  static void startChecker() {
    checker = new ModelChecker(SPECIFICATION, runs);
  }

  @AfterAll
  static void stopChecker() {
    checker.close();
  }

  private static String configuration(BrokenRule mutant) {
    List<String> words = mutant.bounds();
    String bounds =
        IntStream.range(0, BOUNDS.size())
            .mapToObj(i -> BOUNDS.get(i) + " = " + words.get(1 + i))
            .collect(Collectors.joining(" "));
    return mutant.configuration(
        "Node = {%s} %s".formatted(BrokenRule.modelValues("n", words.getFirst()), bounds),
        Set.of());
  }

  @TestFactory
  Stream<DynamicTest> holdsInSmallConfigurations() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, Integer> each : SMALL.entrySet()) {
      Path file = SPECIFICATION.resolve(each.getKey() + ".cfg");
      Future<ModelChecker.Verdict> run =
          checker.start(each.getKey(), "MCMembers.tla", Files.readString(file));
      tests.add(
          DynamicTest.dynamicTest(each.getKey(), () -> run.get().assertHolds(each.getValue())));
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> findsEveryBrokenRule() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (BrokenRule mutant : mutants()) {
      Future<ModelChecker.Verdict> run =
          checker.start(mutant.name(), "MembersMutants.tla", configuration(mutant));
      tests.add(
          DynamicTest.dynamicTest(
              mutant.title(), () -> run.get().assertFinds(mutant.property(), false)));
    }
    return tests.stream();
  }

  @Test
  void breaksEveryRuleOfTheSpecification() throws IOException {
    Set<String> rules = BrokenRule.rulesOf(SPECIFICATION.resolve("Members.tla"), "V");
    assertEquals(9, rules.size(), () -> "rules named in Members.tla: " + rules);
    assertEquals(rules, BrokenRule.rulesOf(mutants()));
  }

  private static List<BrokenRule> mutants() throws IOException {
    return BrokenRule.read(SPECIFICATION.resolve("member-mutants.txt"), "V", 1 + BOUNDS.size());
  }
}
