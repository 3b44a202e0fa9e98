// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A specification in {@code src/spec}, and the runs of TLC that check it: the small configurations
 * hold, and every rule that is broken on purpose is found out. What the runs found is recorded in
 * {@code src/spec/checked} ({@link CheckedRuns}); a specification that was changed and not checked
 * again fails the build.
 *
 * <p>{@code -Dweft.tlc=} says which runs are repeated and compared with the record: {@code quick}
 * those of up to {@value #QUICK_STATES} states whose number is always the same (the default), or
 * {@code all}. With {@code record} every run is made, and a new record is written.
 */
final class CheckedSpecification {
  private static final Path FOLDER = Path.of("src", "spec").toAbsolutePath();
  private static final int QUICK_STATES = 5_000;
  private static final String MODE = System.getProperty("weft.tlc", "quick");

  private final String module;
  private final Set<String> rules;
  private final List<BrokenRule> mutants;
  private final List<Run> runs = new ArrayList<>();

  /** The constants of a mutant's configuration. */
  @FunctionalInterface
  interface Constants {
    /** From the words before the property in the mutant's line. */
    String of(List<String> words);
  }

  /** A run of TLC, and the property that it must find violated, if it must not hold. */
  private record Run(String name, String module, String configuration, Optional<String> property) {}

  /**
   * A specification.
   *
   * @param module its name; {@code MC<module>.tla} has what TLC needs, {@code <module>Mutants.tla}
   *     the broken rules
   * @param letter with which the names of its rules begin
   * @param configurations the small ones
   * @param lines the file of broken rules
   * @param words how many words of a line there are between the name and the property
   * @param constants what these words say
   * @param progress properties that are checked over whole behaviours
   */
  CheckedSpecification(
      String module,
      String letter,
      List<String> configurations,
      String lines,
      int words,
      Constants constants,
      Set<String> progress)
      throws IOException {
    assertTrue(Set.of("quick", "all", "record").contains(MODE), "weft.tlc=" + MODE);
    this.module = module;
    rules = BrokenRule.rulesOf(FOLDER.resolve(module + ".tla"), letter);
    mutants = BrokenRule.read(FOLDER.resolve(lines), letter, words);
    for (String name : configurations) {
      String text = Files.readString(FOLDER.resolve(name + ".cfg"));
      runs.add(new Run(name, "MC" + module + ".tla", text, Optional.empty()));
    }
    for (BrokenRule mutant : mutants) {
      String text = mutant.configuration(constants.of(mutant.bounds()), progress);
      runs.add(
          new Run(mutant.name(), module + "Mutants.tla", text, Optional.of(mutant.property())));
    }
  }

  /** Every rule of the specification is broken by a mutant. */
  void assertEveryRuleIsBroken(int count) {
    assertEquals(count, rules.size(), () -> "rules named in " + module + ".tla: " + rules);
    assertEquals(rules, BrokenRule.rulesOf(mutants));
  }

  /** The record is of these files, and of all their runs. */
  void assertRecorded() throws IOException {
    if (!MODE.equals("record")) {
      CheckedRuns record = CheckedRuns.read(FOLDER, module);
      assertEquals(digest(), record.digest(), CheckedRuns.REMEDY);
      assertEquals(
          runs.stream().map(Run::name).collect(Collectors.toCollection(TreeSet::new)),
          record.names(),
          CheckedRuns.REMEDY);
    }
  }

  private String digest() throws IOException {
    List<String> texts = new ArrayList<>();
    for (String file : List.of(module, "MC" + module, module + "Mutants")) {
      texts.add(Files.readString(FOLDER.resolve(file + ".tla")));
    }
    runs.forEach(run -> texts.add(run.name() + "\n" + run.configuration()));
    return CheckedRuns.digest(texts);
  }

  private static boolean isQuick(int states) {
    return states > 0 && states <= QUICK_STATES;
  }

  /**
   * Runs TLC, and compares with the record or makes a new one. All runs are started at once, so
   * that none of them waits for the longest one.
   *
   * @param folder in which each run gets a folder of its own
   */
  Stream<DynamicTest> check(Path folder) throws IOException {
    boolean recording = MODE.equals("record");
    CheckedRuns known = recording ? null : CheckedRuns.read(FOLDER, module);
    CheckedRuns made = new CheckedRuns(digest());
    ModelChecker checker = new ModelChecker(FOLDER, folder);
    List<DynamicTest> tests = new ArrayList<>();
    for (Run run : runs) {
      if (MODE.equals("quick") && !isQuick(known.states(run.name()))) {
        continue;
      }
      Future<ModelChecker.Verdict> verdict =
          checker.start(run.name(), run.module(), run.configuration());
      tests.add(
          DynamicTest.dynamicTest(
              run.name() + run.property().map(property -> " breaks " + property).orElse(" holds"),
              () -> {
                String found = verdict.get().assertIs(run.property());
                int states = verdict.get().distinctStates();
                made.add(run.name(), found, states);
                if (!recording) {
                  assertEquals(known.found(run.name()), found, CheckedRuns.REMEDY);
                  assertEquals(known.states(run.name()), states, CheckedRuns.REMEDY);
                }
              }));
    }
    if (recording) {
      tests.add(DynamicTest.dynamicTest("write the record", () -> made.write(FOLDER, module)));
    }
    return tests.stream().onClose(checker::close);
  }
}
