// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * Runs the model checker TLC on the specification of the protocol in {@code src/spec}: the small
 * configurations hold, and every rule that is broken on purpose is found out. Each run is a JVM of
 * its own, two at a time, with one worker so that it always explores in the same order. The large
 * configurations take minutes and are left to {@code src/spec/check.sh all}.
 */
final class SpecificationTest {

  private static final Path SPECIFICATION = Path.of("src", "spec").toAbsolutePath();

  /** The properties of liveness: checked over whole behaviours, with fairness. */
  private static final Set<String> PROGRESS = Set.of("Granted", "Released", "MoveEnds");

  /** Names and columns of the bounds in {@code mutants.txt}. */
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

  /** A configuration file and the number of states below which it would prove nothing. */
  private record Configuration(String name, int atLeastStates) {}

  private static String configuration(BrokenRule mutant) {
    List<String> bounds = mutant.bounds();
    String numbers =
        IntStream.range(0, BOUNDS.size())
            .mapToObj(i -> BOUNDS.get(i) + " = " + bounds.get(2 + i))
            .collect(Collectors.joining(" "));
    return mutant.configuration(
        "Node = {%s} Block = {%s} None = None Stamps = 1 %s"
            .formatted(
                BrokenRule.modelValues("n", bounds.get(0)),
                BrokenRule.modelValues("b", bounds.get(1)),
                numbers),
        PROGRESS);
  }

  @TestFactory
  Stream<DynamicTest> holdsInSmallConfigurations() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Configuration configuration :
        List.of(
            new Configuration("Small", 65_000),
            new Configuration("Prefetch", 27_000),
            new Configuration("FailedRead", 18_000),
            new Configuration("Keep", 28_000),
            new Configuration("Rejoin", 35_000),
            new Configuration("Joint", 36_000),
            new Configuration("Cold", 9_000),
            new Configuration("AheadLiveness", 3_000),
            new Configuration("ColdLiveness", 2_100),
            new Configuration("Move", 7_000),
            new Configuration("MoveCrash", 25_000),
            new Configuration("MoveTwice", 9_000),
            new Configuration("MoveKeep", 10_000),
            new Configuration("MoveLiveness", 1_000))) {
      Path file = SPECIFICATION.resolve(configuration.name() + ".cfg");
      Future<ModelChecker.Verdict> run =
          checker.start(configuration.name(), "MCCacheFusion.tla", Files.readString(file));
      tests.add(
          DynamicTest.dynamicTest(
              configuration.name(),
              () -> {
                run.get().assertHolds(configuration.atLeastStates());
              }));
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> findsEveryBrokenRule() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (BrokenRule mutant : mutants()) {
      Future<ModelChecker.Verdict> run =
          checker.start(mutant.name(), "CacheFusionMutants.tla", configuration(mutant));
      tests.add(
          DynamicTest.dynamicTest(
              mutant.title(),
              () -> run.get().assertFinds(mutant.property(), mutant.breaksProgress(PROGRESS))));
    }
    return tests.stream();
  }

  @Test
  void breaksEveryRuleOfTheSpecification() throws IOException {
    Set<String> rules = BrokenRule.rulesOf(SPECIFICATION.resolve("CacheFusion.tla"), "R");
    assertEquals(49, rules.size(), () -> "rules named in CacheFusion.tla: " + rules);
    assertEquals(rules, BrokenRule.rulesOf(mutants()));
  }

  private static List<BrokenRule> mutants() throws IOException {
    return BrokenRule.read(SPECIFICATION.resolve("mutants.txt"), "R", 2 + BOUNDS.size());
  }
}
