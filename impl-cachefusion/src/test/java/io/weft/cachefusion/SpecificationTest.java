// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
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

  /** TLC's exit codes: no error, a state that breaks an invariant, a behaviour that gets stuck. */
  private static final int HOLDS = 0;

  private static final int INVARIANT_VIOLATED = 12;
  private static final int PROGRESS_VIOLATED = 13;

  /** The properties of liveness: checked over whole behaviours, with fairness. */
  private static final Set<String> PROGRESS = Set.of("Granted", "Released");

  private static final Pattern RULE = Pattern.compile("^\\\\\\* (R\\d+) ");
  private static final Pattern DISTINCT_STATES =
      Pattern.compile("^\\d+ states generated, (\\d+) distinct states found");

  @TempDir private static Path runs;

  private static final ExecutorService CHECKERS = Executors.newFixedThreadPool(2);

  @AfterAll
  static void stopCheckers() {
    CHECKERS.shutdownNow();
  }

  /** A configuration file and the number of states below which it would prove nothing. */
  private record Configuration(String name, int atLeastStates) {}

  /** A line of {@code mutants.txt}. */
  private record Mutant(String rule, List<String> bounds, String property, List<String> operators) {

    static Mutant parse(String line) {
      List<String> words = List.of(line.trim().split(" +"));
      return new Mutant(
          words.get(0), words.subList(1, 11), words.get(11), words.subList(12, words.size()));
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
        MaxReq = %s MaxOpt = %s MaxFail = %s
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

  /** What a finished run of TLC said. */
  private record Verdict(int exit, String output) {

    int distinctStates() {
      return output
          .lines()
          .map(DISTINCT_STATES::matcher)
          .filter(Matcher::find)
          .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
          .max()
          .orElse(0);
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
            new Configuration("ColdLiveness", 2_100))) {
      Path file = SPECIFICATION.resolve(configuration.name() + ".cfg");
      Future<Verdict> run =
          start(configuration.name(), "MCCacheFusion.tla", Files.readString(file));
      tests.add(
          DynamicTest.dynamicTest(
              configuration.name(),
              () -> {
                Verdict verdict = run.get();
                assertEquals(HOLDS, verdict.exit(), verdict::output);
                assertTrue(
                    verdict.distinctStates() >= configuration.atLeastStates(), verdict::output);
              }));
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> findsEveryBrokenRule() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Mutant mutant : mutants()) {
      Future<Verdict> run = start(mutant.rule(), "CacheFusionMutants.tla", mutant.configuration());
      tests.add(
          DynamicTest.dynamicTest(
              mutant.rule() + " without " + String.join(", ", mutant.operators()),
              () -> assertCaught(mutant, run.get())));
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
    assertEquals(37, rules.size(), () -> "rules named in CacheFusion.tla: " + rules);
    assertEquals(
        rules, mutants().stream().map(Mutant::rule).collect(Collectors.toCollection(TreeSet::new)));
  }

  private static void assertCaught(Mutant mutant, Verdict verdict) {
    if (mutant.breaksProgress()) {
      assertEquals(PROGRESS_VIOLATED, verdict.exit(), verdict::output);
      assertTrue(verdict.output().contains("Temporal properties were violated."), verdict::output);
    } else {
      assertEquals(INVARIANT_VIOLATED, verdict.exit(), verdict::output);
      assertTrue(
          verdict.output().contains("Invariant " + mutant.property() + " is violated."),
          verdict::output);
    }
  }

  private static List<Mutant> mutants() throws IOException {
    try (Stream<String> lines = Files.lines(SPECIFICATION.resolve("mutants.txt"))) {
      return lines.filter(line -> line.startsWith("R")).map(Mutant::parse).toList();
    }
  }

  private static Future<Verdict> start(String name, String module, String configuration) {
    return CHECKERS.submit(() -> check(name, module, configuration));
  }

  private static Verdict check(String name, String module, String configuration)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectory(runs.resolve(name));
    try (Stream<Path> files = Files.list(SPECIFICATION)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".tla")).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(folder.resolve("run.cfg"), configuration);
    Path output = folder.resolve("output");
    // The first compiler and the simplest collector: most runs are over before others pay.
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                modelChecker().toString(),
                "tlc2.TLC",
                "-workers",
                "1",
                "-metadir",
                folder.resolve("states").toString(),
                "-config",
                "run.cfg",
                module)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      int exit = process.waitFor();
      return new Verdict(exit, Files.readString(output));
    } finally {
      process.destroyForcibly();
    }
  }

  /** The jar of TLC: on the class path of this test, but never loaded into its JVM. */
  private static Path modelChecker() {
    String entry = ClassLoader.getSystemResource("tlc2/TLC.class").toString();
    return Path.of(URI.create(entry.substring("jar:".length(), entry.indexOf("!/"))));
  }
}
