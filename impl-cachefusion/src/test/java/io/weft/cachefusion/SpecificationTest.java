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
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final Pattern RULE = Pattern.compile("^\\\\\\* (R\\d+) ");
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

  /** A line of {@code mutants.txt}. */
  private record Mutant(String rule, List<String> bounds, String property, List<String> operators) {

    static Mutant parse(String line) {
      List<String> words = List.of(line.trim().split(" +"));
      return new Mutant(
          words.get(0), words.subList(1, 12), words.get(12), words.subList(13, words.size()));
    }

    boolean breaksProgress() {
      return PROGRESS.contains(property);
    }

    String configuration() {
      String broken =
          operators.stream()
              .map(operator -> "  %1$s <- M_%1$s\n".formatted(operator))
              .collect(Collectors.joining());
      return """
      CONSTANTS Node = {%s} Block = {%s} None = None Stamps = 1
        MaxVer = %s MaxCrash = %s MaxEvict = %s MaxJoin = %s MaxCold = %s
        MaxReq = %s MaxOpt = %s MaxFail = %s MaxMove = %s
      %s%s
      CHECK_DEADLOCK FALSE
      """
          .formatted(
              modelValues("n", bounds.get(0)),
              modelValues("b", bounds.get(1)),
              bounds.get(2),
              bounds.get(3),
              bounds.get(4),
              bounds.get(5),
              bounds.get(6),
              bounds.get(7),
              bounds.get(8),
              bounds.get(9),
              bounds.get(10),
              broken,
              breaksProgress()
                  ? "SPECIFICATION FairSpec PROPERTIES " + property
                  : "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS " + property);
    }

    private static String modelValues(String prefix, String count) {
      return IntStream.rangeClosed(1, Integer.parseInt(count))
          .mapToObj(i -> prefix + i)
          .collect(Collectors.joining(", "));
    }
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
    for (Mutant mutant : mutants()) {
      Future<ModelChecker.Verdict> run =
          checker.start(mutant.rule(), "CacheFusionMutants.tla", mutant.configuration());
      tests.add(
          DynamicTest.dynamicTest(
              mutant.rule() + " without " + String.join(", ", mutant.operators()),
              () -> run.get().assertFinds(mutant.property(), mutant.breaksProgress())));
    }
    return tests.stream();
  }

  @Test
  void breaksEveryRuleOfTheSpecification() throws IOException {
    Set<String> rules = new TreeSet<>();
    for (String line : Files.readAllLines(SPECIFICATION.resolve("CacheFusion.tla"))) {
      Matcher matcher = RULE.matcher(line);
      if (matcher.find()) {
        rules.add(matcher.group(1));
      }
    }
    assertEquals(49, rules.size(), () -> "rules named in CacheFusion.tla: " + rules);
    assertEquals(
        rules, mutants().stream().map(Mutant::rule).collect(Collectors.toCollection(TreeSet::new)));
  }

  private static List<Mutant> mutants() throws IOException {
    try (Stream<String> lines = Files.lines(SPECIFICATION.resolve("mutants.txt"))) {
      return lines.filter(line -> line.startsWith("R")).map(Mutant::parse).toList();
    }
  }
}
