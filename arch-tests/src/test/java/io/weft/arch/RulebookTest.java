// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every numbered rule of api and spi has a test that is tagged with it. */
final class RulebookTest {
  /** Rules that no test can show, and why. */
  private static final Map<String, String> WITHOUT_A_TEST =
      Map.of(
          "API-10", "allocation shows after warm-up only: bench measures it with the GC profiler",
          "RD-2", "as API-10; a look-up is one read of an array",
          "MH-1", "concerns whoever registers a handler: a handler that blocks is only slow");

  /** Fewer would mean that rules are not found any more. */
  private static final int LEAST_RULES = 90;

  @Test
  void everyRuleHasATest() {
    Set<String> rules = Rulebook.stated();
    assertTrue(rules.size() >= LEAST_RULES, () -> "sees only " + rules);
    Verdict.on(
        "every numbered rule of api and spi has a test",
        "Tag the test that shows it with @Tag(\"the rule\"); for an SPI, in its contract in"
            + " plugins/tck. If no test can show it, say why in WITHOUT_A_TEST.",
        untested(rules, Rulebook.tagged()));
  }

  @Test
  void everyTagNamesARule() {
    Verdict.on(
        "a test is tagged with rules that there are",
        "Correct the tag, or state the rule in the javadoc of the SPI.",
        unknown(Rulebook.stated(), Rulebook.tagged()));
  }

  @Test
  void noRuleIsExcusedThatHasATestOrIsGone() {
    Set<String> excused = new TreeSet<>(WITHOUT_A_TEST.keySet());
    excused.removeAll(Rulebook.stated());
    assertEquals(Set.of(), excused, "excused rules that nobody states");
    excused.addAll(WITHOUT_A_TEST.keySet());
    excused.retainAll(Rulebook.tagged());
    assertEquals(Set.of(), excused, "excused rules that have a test");
  }

  /** A contract that nobody runs shows nothing. */
  @Test
  void everyContractIsRunByATest() {
    Collection<Path> contracts = Rulebook.sources(Rulebook::isContract);
    assertTrue(contracts.size() >= 10, () -> "sees only " + contracts);
    List<String> tests =
        Rulebook.sources(file -> file.toString().contains("src/test/")).stream()
            .map(RepositoryFiles::text)
            .toList();
    Verdict.on(
        "every contract of the test kit is run by a test of a plugin",
        "Extend it in the test of the plugin that fills the SPI.",
        contracts.stream()
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .filter(contract -> tests.stream().noneMatch(t -> t.contains("extends " + contract)))
            .toList());
  }

  // ---- would they notice?

  @Test
  void noticesAPlantedRuleWithoutATest() {
    String spi = " * <ul>\n *   <li>Rule ZZ-1: it is planted.\n *   <li>Rule ZZ-2: so is this.\n";
    String test = "  @Test\n  @Tag(\"ZZ-2\")\n  void showsTheSecond() {}\n";
    assertEquals(List.of("ZZ-1"), untested(Rulebook.stated(spi), Rulebook.tagged(test)));
  }

  @Test
  void noticesAPlantedTagWithoutARule() {
    String spi = " * <p>Rule ZZ-1: it is planted. Rule\n * ZZ-2: over the end of a line.\n";
    String test = "  @Tag(\"ZZ-2\")\n  @Tag(\"ZZ-3\")\n";
    assertEquals(List.of("ZZ-3"), unknown(Rulebook.stated(spi), Rulebook.tagged(test)));
  }

  @Test
  void takesNothingElseForARule() {
    String text =
        " *   <li><b>ZZ-10 (name).</b> A rule; see (ZZ-3), SHA-256, rule ZZ-4 and UTF-8.\n";
    assertEquals(Set.of("ZZ-10"), Rulebook.stated(text));
  }

  private static List<String> untested(Set<String> rules, Set<String> tags) {
    return rules.stream()
        .filter(rule -> !tags.contains(rule) && !WITHOUT_A_TEST.containsKey(rule))
        .toList();
  }

  private static List<String> unknown(Set<String> rules, Set<String> tags) {
    return tags.stream().filter(tag -> !rules.contains(tag)).toList();
  }
}
