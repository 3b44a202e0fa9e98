// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The numbered rules that the javadoc of api and spi states, and the tests that are tagged so. */
final class Rulebook {
  /** {@code Rule BS-1: ...} of an interface, or {@code <b>API-1 (...)</b>} of a package. */
  private static final Pattern STATED =
      Pattern.compile("(?:Rule |<b>)(\\p{Upper}{2,4}-\\d{1,2})\\b");

  private static final Pattern TAG = Pattern.compile("@Tag\\(\"(\\p{Upper}{2,4}-\\d{1,2})\"\\)");

  /** The next line of a comment: the formatter may break a line within the name of a rule. */
  private static final Pattern LINE_BREAK = Pattern.compile("\\s*\\n\\s*\\*\\s*");

  private Rulebook() {}

  /** The rules that a source states. */
  static Set<String> stated(String source) {
    return matches(STATED, LINE_BREAK.matcher(source).replaceAll(" "));
  }

  /** The rules that tests of a source are tagged with. */
  static Set<String> tagged(String source) {
    return matches(TAG, source);
  }

  /** The rules that api and spi state. */
  static Set<String> stated() {
    return sources(Rulebook::statesRules).stream()
        .flatMap(file -> stated(RepositoryFiles.text(file)).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The rules that tests are tagged with, contracts among them. */
  static Set<String> tagged() {
    return sources(Rulebook::hasTests).stream()
        .flatMap(file -> tagged(RepositoryFiles.text(file)).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The Java files of the repository for which this is true. */
  static Collection<Path> sources(Predicate<Path> wanted) {
    return House.files().stream()
        .filter(file -> file.toString().endsWith(".java") && wanted.test(file))
        .toList();
  }

  private static boolean statesRules(Path file) {
    return file.startsWith("api/src/main") || file.startsWith("spi/src/main");
  }

  private static boolean hasTests(Path file) {
    return !file.startsWith("arch-tests")
        && (file.toString().contains("src/test/") || isContract(file));
  }

  /** Whether a file is a contract of the test kit. */
  static boolean isContract(Path file) {
    return file.startsWith("plugins/tck/src/main")
        && file.getFileName().toString().endsWith("Contract.java");
  }

  private static Set<String> matches(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
