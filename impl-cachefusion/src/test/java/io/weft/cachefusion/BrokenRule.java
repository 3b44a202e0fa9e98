// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A rule of a specification that is broken on purpose: a line of a file of mutants.
 *
 * @param name of the mutant: the rule, and a letter if there are several mutants of it
 * @param bounds the words between the name and the property
 * @param property what TLC must report as violated
 * @param operators those that the module of the mutants replaces
 */
record BrokenRule(String name, List<String> bounds, String property, List<String> operators) {
  /** The mutants of a file whose names begin with {@code letter}; each has so many bounds. */
  static List<BrokenRule> read(Path file, String letter, int bounds) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.filter(line -> line.startsWith(letter)).map(line -> of(line, bounds)).toList();
    }
  }

  private static BrokenRule of(String line, int bounds) {
    List<String> words = List.of(line.trim().split(" +"));
    return new BrokenRule(
        words.getFirst(),
        words.subList(1, 1 + bounds),
        words.get(1 + bounds),
        words.subList(2 + bounds, words.size()));
  }

  /**
   * The rules that a specification names, each in a comment such as {@code \* L1 A message ...}.
   */
  static Set<String> rulesOf(Path specification, String letter) throws IOException {
    Pattern rule = Pattern.compile("^\\\\\\* (" + letter + "\\d+) ");
    try (Stream<String> lines = Files.lines(specification)) {
      return lines
          .map(rule::matcher)
          .filter(Matcher::find)
          .map(matcher -> matcher.group(1))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** The rules that some mutants break. */
  static Set<String> rulesOf(List<BrokenRule> mutants) {
    return mutants.stream().map(BrokenRule::rule).collect(Collectors.toCollection(TreeSet::new));
  }

  /** The rule that is broken. */
  String rule() {
    return name.replaceAll("[a-z]", "");
  }

  /** Whether the property is one of progress, which is checked over whole behaviours. */
  boolean breaksProgress(Set<String> progress) {
    return progress.contains(property);
  }

  /** The configuration: constants, what is broken, and what is checked. */
  String configuration(String constants, Set<String> progress) {
    String broken =
        operators.stream()
            .map(operator -> "  %1$s <- M_%1$s\n".formatted(operator))
            .collect(Collectors.joining());
    return """
    CONSTANTS %s
    %s%s
    CHECK_DEADLOCK FALSE
    """
        .formatted(
            constants,
            broken,
            breaksProgress(progress)
                ? "SPECIFICATION FairSpec PROPERTIES " + property
                : "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS " + property);
  }

  /** Model values such as {@code n1, n2}. */
  static String modelValues(String prefix, String count) {
    return IntStream.rangeClosed(1, Integer.parseInt(count))
        .mapToObj(i -> prefix + i)
        .collect(Collectors.joining(", "));
  }

  /** Constants such as {@code MaxVer = 3 MaxCrash = 1}. */
  static String values(List<String> names, List<String> values) {
    return IntStream.range(0, names.size())
        .mapToObj(i -> names.get(i) + " = " + values.get(i))
        .collect(Collectors.joining(" "));
  }
}
