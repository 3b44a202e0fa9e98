// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

final class ClassRulesTest {

  /** Classes of this module that break every rule. */
  private static final JavaClasses PLANTED =
      new ClassFileImporter()
          .importPackages(
              "io.weft.plugin.planted", "io.weft.api.planted", "io.weft.recovery.redo.planted");

  static final List<HouseRule> RULES = ClassRules.ALL;

  @ParameterizedTest
  @FieldSource("RULES")
  void holds(HouseRule rule) {
    Verdict.on(rule.text(), rule.remedy(), rule.violations(House.CLASSES));
  }

  @ParameterizedTest
  @FieldSource("RULES")
  void concernsEnoughClasses(HouseRule rule) {
    long concerned = rule.concerned(House.CLASSES);
    assertTrue(
        concerned >= rule.atLeast(),
        () ->
            "Rule: %s.%nSees %d classes, expects %d or more: has a module or a package moved?"
                .formatted(rule.text(), concerned, rule.atLeast()));
  }

  @ParameterizedTest
  @FieldSource("RULES")
  void findsThePlantedViolation(HouseRule rule) {
    assertFalse(rule.violations(PLANTED).isEmpty(), "no planted class breaks this rule");
  }

  @Test
  void everyClassThatIsNamedAsNeedingTooMuchDoes() {
    Verdict.on(
        "the list of constructors with too many parameters only gets shorter",
        "Take the class out of ClassRules.NEEDING_TOO_MUCH: it needs less, or is gone.",
        Lengths.needless(
            ClassRules.NEEDING_TOO_MUCH,
            name ->
                House.CLASSES.contain(name)
                    && ClassRules.needsTooMuch(House.CLASSES.get(name)).findAny().isPresent()));
  }

  @Test
  void packagesHaveNoCycles() {
    slices()
        .matching("io.weft.(**)")
        .should()
        .beFreeOfCycles()
        .because("a package is read and changed alone; move the shared type to the lower one")
        .check(House.CLASSES);
  }
}
