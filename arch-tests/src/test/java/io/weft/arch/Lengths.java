// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a source file of production code may be: one that is longer than {@value #UNREASONED}
 * lines says why in a paragraph of its class javadoc that begins with "Long because"; none is
 * longer than {@value #MOST} lines, except those that are named here until they are divided.
 */
final class Lengths {
  /** Lines of a file that needs no reason. */
  static final int UNREASONED = 500;

  /** Lines of any file. */
  static final int MOST = 700;

  /** Files that are too long, with what is to be done. Only ever gets shorter. */
  static final Map<Path, String> TOO_LONG = Map.of();

  private static final Pattern MAIN_CODE = Pattern.compile("(.*/)?src/main/java/.*\\.java");

  /** The first type of a file, and what stands before it. */
  private static final Pattern TYPE =
      Pattern.compile(
          "(?m)^(?:(?:public|final|abstract|sealed|non-sealed|strictfp) )*"
              + "(?:class|interface|record|enum|@interface) ");

  private static final Pattern REASON = Pattern.compile("(?m)^ \\* (?:<p>)?Long because \\S+ \\S+");

  private Lengths() {}

  /** The files of production code. */
  static List<Path> mainCode() {
    return RepositoryFiles.sources().stream().filter(Lengths::isMainCode).toList();
  }

  private static boolean isMainCode(Path file) {
    return MAIN_CODE.matcher(file.toString().replace('\\', '/')).matches();
  }

  /** What is wrong with the length of a file, whether it is named as too long or not. */
  static Optional<String> violation(Path file, String text) {
    long lines = text.lines().count();
    if (lines > MOST) {
      return Optional.of(file + " has " + lines + " lines, more than " + MOST);
    }
    if (lines > UNREASONED && !hasReason(text)) {
      return Optional.of(
          file + " has " + lines + " lines, more than " + UNREASONED + ", and does not say why");
    }
    return Optional.empty();
  }

  /** Whether the javadoc of the first type has a paragraph "Long because ...". */
  private static boolean hasReason(String text) {
    Matcher type = TYPE.matcher(text);
    return type.find() && REASON.matcher(text.substring(0, type.start())).find();
  }

  /**
   * The names in a list of exceptions that need not be there any more.
   *
   * @param exceptions what is excepted, with the reasons
   * @param breaksTheRule whether one of them is there, and would break the rule
   */
  static <T> List<String> needless(Map<T, String> exceptions, Predicate<T> breaksTheRule) {
    return exceptions.keySet().stream()
        .filter(breaksTheRule.negate())
        .map(Object::toString)
        .sorted()
        .toList();
  }
}
