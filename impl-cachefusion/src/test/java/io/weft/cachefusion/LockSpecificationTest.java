// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
 * Runs TLC on the specification of the global locks: the small configurations hold, and every rule
 * that is broken on purpose is found out. The large configurations are left to {@code
 * src/spec/check.sh all}.
 */
final class LockSpecificationTest {
  private static final Path SPECIFICATION = Path.of("src", "spec").toAbsolutePath();

  /** Broken rules that take TLC half a minute each; {@code check.sh mutants} runs them. */
  private static final Set<String> LONG = Set.of("L6");

  private static final Set<String> PROGRESS = Set.of("Granted", "Settled");

  /** Names and columns of the bounds in {@code lock-mutants.txt}. */
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

  /** Small configurations, with the number of states below which each would prove nothing. */
  private static final Map<String, Integer> SMALL =
      Map.of(
          "LocksCrash", 3_500,
          "LocksEvict", 4_700,
          "LocksLive", 300,
          "LocksMove", 7_000,
          "LocksMoveTwice", 6_000);

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
            .mapToObj(i -> BOUNDS.get(i) + " = " + words.get(3 + i))
            .collect(Collectors.joining(" "));
    return mutant.configuration(
        "Node = {%s} Owner = {%s} None = None Asked = {%s} %s"
            .formatted(
                BrokenRule.modelValues("n", words.get(0)),
                BrokenRule.modelValues("o", words.get(1)),
                Arrays.stream(words.get(2).split(","))
                    .map(mode -> '"' + mode + '"')
                    .collect(Collectors.joining(", ")),
                bounds),
        PROGRESS);
  }

  @TestFactory
  Stream<DynamicTest> holdsInSmallConfigurations() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, Integer> each : SMALL.entrySet()) {
      Path file = SPECIFICATION.resolve(each.getKey() + ".cfg");
      Future<ModelChecker.Verdict> run =
          checker.start(each.getKey(), "MCGlobalLocks.tla", Files.readString(file));
      tests.add(
          DynamicTest.dynamicTest(each.getKey(), () -> run.get().assertHolds(each.getValue())));
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> findsEveryBrokenRule() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (BrokenRule mutant : mutants()) {
      if (LONG.contains(mutant.rule())) {
        continue;
      }
      Future<ModelChecker.Verdict> run =
          checker.start(mutant.name(), "GlobalLocksMutants.tla", configuration(mutant));
      tests.add(
          DynamicTest.dynamicTest(
              mutant.title(),
              () -> run.get().assertFinds(mutant.property(), mutant.breaksProgress(PROGRESS))));
    }
    return tests.stream();
  }

  @Test
  void breaksEveryRuleOfTheSpecification() throws IOException {
    Set<String> rules = BrokenRule.rulesOf(SPECIFICATION.resolve("GlobalLocks.tla"), "L");
    assertEquals(25, rules.size(), () -> "rules named in GlobalLocks.tla: " + rules);
    assertEquals(rules, BrokenRule.rulesOf(mutants()));
  }

  private static List<BrokenRule> mutants() throws IOException {
    return BrokenRule.read(SPECIFICATION.resolve("lock-mutants.txt"), "L", 3 + BOUNDS.size());
  }
}
