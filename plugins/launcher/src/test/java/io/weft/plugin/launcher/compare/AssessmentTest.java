// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import static io.weft.plugin.launcher.compare.ToldComparison.CASES;
import static io.weft.plugin.launcher.compare.ToldComparison.LATENCY;
import static io.weft.plugin.launcher.compare.ToldComparison.RATE;
import static io.weft.plugin.launcher.compare.ToldComparison.working;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of values that are told. */
final class AssessmentTest {
  private static String verdict(ToldComparison told, Question question) {
    return new Assessment(told.of(List.of(question), working("a"), working("b"))).of(question);
  }

  @Test
  void differencesThatPointTheSameWayInEveryRoundCount() {
    ToldComparison told =
        new ToldComparison()
            .tell(LATENCY, "50", "a", 10, 20, 30)
            .tell(LATENCY, "50", "b", 20, 40, 60);

    assertEquals("a is faster, by a factor of 2.00.", verdict(told, LATENCY));
  }

  @Test
  void overlappingSpreadsAreEqualWhateverTheMediansAre() {
    ToldComparison told =
        new ToldComparison()
            .tell(LATENCY, "50", "a", 10, 11, 12)
            .tell(LATENCY, "50", "b", 9, 100, 110);

    assertEquals("No difference between a and b.", verdict(told, LATENCY));
  }

  @Test
  void differencesOfAPerCentAreNone() {
    ToldComparison told =
        new ToldComparison()
            .tell(LATENCY, "50", "a", 100, 100, 100)
            .tell(LATENCY, "50", "b", 101, 101, 101);

    assertEquals("No difference between a and b.", verdict(told, LATENCY));
  }

  @Test
  void placesOfTheSameOutcomeAreTakenTogether() {
    ToldComparison told = new ToldComparison();
    for (String place : List.of("64", "512", "4096")) {
      told.tell(RATE, place, "a", 10, 10).tell(RATE, place, "b", 30, 30);
    }
    told.tell(RATE, "8192", "a", 40, 40).tell(RATE, "8192", "b", 10, 10);

    assertEquals(
        "b is faster from 64 to 4,096 bytes, by a factor of 3.00. a is faster at 8,192 bytes, by a"
            + " factor of 4.00.",
        verdict(told, RATE));
  }

  @Test
  void nothingIsDividedByZero() {
    ToldComparison told =
        new ToldComparison()
            .tell(CASES, "this", "a", 0, 0)
            .tell(CASES, "this", "b", 1, 1)
            .tell(CASES, "that", "a", 2, 2)
            .tell(CASES, "that", "b", 2, 2);

    assertEquals("a is lower for “this”. No difference for “that”.", verdict(told, CASES));
  }

  @Test
  void onePluginAloneIsNotJudged() {
    Comparison alone =
        new ToldComparison()
            .tell(LATENCY, "50", "a", 10, 12, 14)
            .of(List.of(LATENCY), working("a"));

    assertEquals("a has 12.0 µs at the median.", new Assessment(alone).of(LATENCY));
    assertEquals("", new Assessment(alone).of(RATE));
  }

  @Test
  void ratiosAreThoseOfTheRounds() {
    Comparison comparison =
        new ToldComparison()
            .tell(RATE, "64", "a", 1, 10, 100)
            .tell(RATE, "64", "b", 2, 30, 200)
            .of(List.of(RATE), working("a"), working("b"));

    Spread ratio = comparison.ratio(RATE, "64", comparison.subjects().get(1)).orElseThrow();
    assertEquals(new Spread(2, 2, 3), ratio);
  }

  @Test
  void aSpreadLeavesOutTheOutermostTenths() {
    assertEquals(new Spread(2.5, 1, 4), Spread.of(List.of(4.0, 1.0, 2.0, 3.0)));
    assertEquals(
        new Spread(5.5, 2, 9), Spread.of(List.of(1., 2., 3., 4., 5., 6., 7., 8., 9., 1000.)));
  }

  @Test
  void numbersHaveThreeDigits() {
    List<Double> values = List.of(0.0, 0.012345, 1.0, 12.345, 999.6, 12_345.0);

    assertEquals(
        List.of("0", "0.0123", "1.00", "12.3", "1,000", "12,300"),
        values.stream().map(Numbers::text).toList());
    assertEquals(
        List.of("0", "0.2", "10", "1,000", "20k", "1.5M"),
        List.of(0.0, 0.2, 10.0, 1_000.0, 20_000.0, 1.5e6).stream().map(Numbers::tick).toList());
  }
}
