// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules about the files of the repository. */
final class RepositoryRulesTest {

  private static final List<String> HEADER =
      List.of("Copyright The Weft Authors", "SPDX-License-Identifier: Apache-2.0");

  /** Lines among which the header is looked for: a shebang or an XML declaration may come first. */
  private static final int HEADER_WITHIN = 5;

  /** Homes and work folders of one machine. */
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.}$/-])/(?:work|root|home/\\w+|Users/\\w+)(?![\\w-])");

  /** Where packages come from is the business of whoever builds. */
  private static final Pattern REGISTRY =
      Pattern.compile(
          "repo1?[.]maven|maven[.](?:google|aliyun)|(?:artifactory|nexus)[.]|jitpack[.]io"
              + "|registry[.](?:npmjs|yarnpkg)|(?:index|registry-1)[.]docker|pypi[.]org"
              + "|plugins[.]gradle|proxy[.]golang");

  private static final Pattern UNSTEADY_TEST =
      Pattern.compile("Thread[.]sleep|TimeUnit[.]\\w+[.]sleep|@Disabled(?!\\w)|org[.]mockito");

  @Test
  void sourcesCarryTheLicenceHeader() {
    List<Path> sources = RepositoryFiles.sources();
    assertTrue(sources.size() >= 100, () -> "sees only " + sources.size() + " source files");
    report(
        sources.stream().filter(file -> !hasHeader(file)).map(Path::toString),
        "every source file starts with the licence header",
        "Write these two lines first, as a comment: " + String.join(" / ", HEADER));
  }

  @Test
  void filesNameNoMachine() {
    report(
        RepositoryFiles.texts().stream().flatMap(file -> matches(file, MACHINE_PATH)),
        "no file names a folder of one machine",
        "Use a path relative to the repository, or a temporary folder.");
  }

  @Test
  void filesNameNoRegistry() {
    report(
        RepositoryFiles.texts().stream().flatMap(file -> matches(file, REGISTRY)),
        "no file names the host of a package registry",
        "Leave it to the settings of whoever builds.");
  }

  @Test
  void testsAreSteady() {
    Path own = Path.of("arch-tests");
    report(
        RepositoryFiles.sources().stream()
            .filter(file -> file.toString().contains("src/test/") && !file.startsWith(own))
            .flatMap(file -> matches(file, UNSTEADY_TEST)),
        "tests do not sleep, are not switched off and mock nothing",
        "Wait for the event itself, repair the test, write a small fake.");
  }

  private static boolean hasHeader(Path file) {
    List<String> lines = RepositoryFiles.text(file).lines().limit(HEADER_WITHIN).toList();
    return HEADER.stream().allMatch(part -> lines.stream().anyMatch(line -> line.contains(part)));
  }

  private static Stream<String> matches(Path file, Pattern pattern) {
    List<String> lines = RepositoryFiles.text(file).lines().toList();
    return Stream.iterate(0, index -> index < lines.size(), index -> index + 1)
        .filter(index -> pattern.matcher(lines.get(index)).find())
        .map(index -> file + ":" + (index + 1) + ": " + lines.get(index).strip());
  }

  private static void report(Stream<String> violations, String rule, String remedy) {
    Verdict.on(rule, remedy, violations.toList());
  }
}
