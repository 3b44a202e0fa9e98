// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

  private static final Map<String, Future<ModelChecker.Verdict>> small = new HashMap<>();
  private static final Map<BrokenRule, Future<ModelChecker.Verdict>> broken = new LinkedHashMap<>();

  /** Starts all runs, so that none of them waits for the longest one. */
  @BeforeAll
  static void startAll() throws IOException {
    checker = new ModelChecker(SPECIFICATION, runs);
    for (String name : SMALL.keySet()) {
      String bounds = Files.readString(SPECIFICATION.resolve(name + ".cfg"));
      small.put(name, checker.start(name, "MCGlobalLocks.tla", bounds));
    }
    for (BrokenRule mutant : mutants()) {
      if (!LONG.contains(mutant.rule())) {
        broken.put(
            mutant, checker.start(mutant.name(), "GlobalLocksMutants.tla", configuration(mutant)));
      }
    }
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
  Stream<DynamicTest> holdsInSmallConfigurations() {
    return SMALL.keySet().stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name, () -> small.get(name).get().assertHolds(SMALL.get(name))));
  }

  @TestFactory
  Stream<DynamicTest> findsEveryBrokenRule() {
    return broken.keySet().stream()
        .map(
            mutant ->
                DynamicTest.dynamicTest(
                    mutant.title(),
                    () ->
                        broken
                            .get(mutant)
                            .get()
                            .assertFinds(mutant.property(), mutant.breaksProgress(PROGRESS))));
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
