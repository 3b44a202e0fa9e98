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
 * Runs TLC on the specification of the global locks: the small configurations hold, and every rule
 * that is broken on purpose is found out. The large configurations are left to {@code
 * src/spec/check.sh all}.
 */
final class LockSpecificationTest {
  private static final Path SPECIFICATION = Path.of("src", "spec").toAbsolutePath();

  /** Broken rules that take TLC half a minute each; {@code check.sh mutants} runs them. */
  private static final Set<String> LONG = Set.of("L6");

  private static final Set<String> PROGRESS = Set.of("Granted", "Settled");
  private static final Pattern RULE = Pattern.compile("^\\\\\\* (L\\d+) ");

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
          "MaxJoin");

  /** Small configurations, with the number of states below which each would prove nothing. */
  private static final Map<String, Integer> SMALL =
      Map.of(
          "LocksCrash", 3_500,
          "LocksEvict", 4_700,
          "LocksLive", 300);

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

  /** A line of {@code lock-mutants.txt}. */
  private record Mutant(String rule, List<String> words) {
    static Mutant parse(String line) {
      List<String> words = List.of(line.trim().split(" +"));
      return new Mutant(words.getFirst().replaceAll("[a-z]", ""), words);
    }

    String name() {
      return words.getFirst();
    }

    String property() {
      return words.get(4 + BOUNDS.size());
    }

    boolean breaksProgress() {
      return PROGRESS.contains(property());
    }

    List<String> operators() {
      return words.subList(5 + BOUNDS.size(), words.size());
    }

    String configuration() {
      String bounds =
          IntStream.range(0, BOUNDS.size())
              .mapToObj(i -> BOUNDS.get(i) + " = " + words.get(4 + i))
              .collect(Collectors.joining(" "));
      String broken =
          operators().stream()
              .map(operator -> "  %1$s <- M_%1$s\n".formatted(operator))
              .collect(Collectors.joining());
      return """
      CONSTANTS Node = {%s} Owner = {%s} None = None Asked = {%s} %s
      %s%s
      CHECK_DEADLOCK FALSE
      """
          .formatted(
              modelValues("n", words.get(1)),
              modelValues("o", words.get(2)),
              Arrays.stream(words.get(3).split(","))
                  .map(mode -> '"' + mode + '"')
                  .collect(Collectors.joining(", ")),
              bounds,
              broken,
              breaksProgress()
                  ? "SPECIFICATION FairSpec PROPERTIES " + property()
                  : "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS " + property());
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
    for (Mutant mutant : mutants()) {
      if (LONG.contains(mutant.rule())) {
        continue;
      }
      Future<ModelChecker.Verdict> run =
          checker.start(mutant.name(), "GlobalLocksMutants.tla", mutant.configuration());
      tests.add(
          DynamicTest.dynamicTest(
              mutant.name() + " without " + String.join(", ", mutant.operators()),
              () -> run.get().assertFinds(mutant.property(), mutant.breaksProgress())));
    }
    return tests.stream();
  }

  @Test
  void breaksEveryRuleOfTheSpecification() throws IOException {
    Set<String> rules = new TreeSet<>();
    for (String line : Files.readAllLines(SPECIFICATION.resolve("GlobalLocks.tla"))) {
      Matcher matcher = RULE.matcher(line);
      if (matcher.find()) {
        rules.add(matcher.group(1));
      }
    }
    assertEquals(19, rules.size(), () -> "rules named in GlobalLocks.tla: " + rules);
    assertEquals(
        rules, mutants().stream().map(Mutant::rule).collect(Collectors.toCollection(TreeSet::new)));
  }

  private static List<Mutant> mutants() throws IOException {
    try (Stream<String> lines = Files.lines(SPECIFICATION.resolve("lock-mutants.txt"))) {
      return lines.filter(line -> line.startsWith("L")).map(Mutant::parse).toList();
    }
  }
}
