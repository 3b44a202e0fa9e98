// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.sim.time.Violation;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The planted-bug drill: an engine with one rule broken has to be found. Prints the table of the
 * README.
 */
final class DrillTest {
  private static final int MOST_SEEDS = 6_000;

  /** {@code -Dweft.drill-seeds=} goes on after the first find and tells how many seeds notice. */
  private static final int COUNTED_SEEDS = Integer.getInteger("weft.drill-seeds", 0);

  /** {@code -Dweft.mutants=R7,R12} drills these only. */
  private static final Set<String> CHOSEN =
      Set.of(System.getProperty("weft.mutants", "").split(","));

  private static final Map<Mutant, String> ROWS = new EnumMap<>(Mutant.class);

  static Stream<Mutant> chosen() {
    return Stream.of(Mutant.values())
        .filter(mutant -> CHOSEN.contains("") || CHOSEN.contains(mutant.name()));
  }

  @ParameterizedTest
  @MethodSource("chosen")
  void findsThePlantedBug(Mutant mutant) {
    int needed = 0;
    int found = 0;
    String by = "";
    for (int seed = 1; seed <= MOST_SEEDS && (found == 0 || seed <= COUNTED_SEEDS); seed++) {
      try (SimCluster cluster =
          new SimCluster(mutant.options(seed), mutant.rules(), mutant.recovery())) {
        cluster.run();
      } catch (Violation violation) {
        if (found++ == 0) {
          needed = seed;
          by = violation.invariant().title();
        }
      }
    }
    String of = COUNTED_SEEDS == 0 ? "" : " " + found + " of " + COUNTED_SEEDS + " |";
    ROWS.put(
        mutant,
        "| " + mutant.name() + " | " + mutant.meaning() + " | " + needed + " | " + by + " |" + of);
    assertTrue(found > 0, mutant + " is not found in " + MOST_SEEDS + " seeds");
  }

  @AfterAll
  static void printTable() {
    System.out.println(
        Stream.concat(
                Stream.of(
                    "| mutant | what the engine does | seeds until found | found by |",
                    "| --- | --- | --- | --- |"),
                ROWS.values().stream())
            .collect(Collectors.joining(System.lineSeparator())));
  }
}
