// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a report.
 *
 * @param key name in JSON, for example {@code localHitNs}
 * @param text text in the report
 * @param value the measured value; NaN if it could not be measured, which misses every goal
 * @param unit {@code ns}, {@code us}, {@code B}, {@code x} or {@code %}
 * @param goal the goal of the value, if it has one
 */
record Figure(String key, String text, double value, String unit, Optional<Goal> goal) {
  /** A bound: the value must be at most or at least this. */
  record Goal(double bound, boolean atMost) {
    boolean isMetBy(double value) {
      return atMost ? value <= bound : value >= bound;
    }

    @Override
    public String toString() {
      return (atMost ? "<= " : ">= ") + number(bound);
    }
  }

  /** A value that is reported only. */
  static Figure of(String key, String text, double value, String unit) {
    return new Figure(key, text, value, unit, Optional.empty());
  }

  /** The median of the values of several runs. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  Figure atMost(double bound) {
    return new Figure(key, text, value, unit, Optional.of(new Goal(bound, true)));
  }

  Figure atLeast(double bound) {
    return new Figure(key, text, value, unit, Optional.of(new Goal(bound, false)));
  }

  boolean isMissed() {
    return goal.isPresent() && !goal.get().isMetBy(value);
  }

  /** A line of the report: text, value, goal, verdict. */
  String line() {
    String verdict = goal.map(g -> "goal " + g + (isMissed() ? "  MISSED" : "  passed")).orElse("");
    return String.format(Locale.ROOT, "%-58s %10s %-3s %s", text, number(value), unit, verdict)
        .stripTrailing();
  }

  /** A member of a JSON object. */
  String json() {
    String rest =
        goal.map(
                g ->
                    ",\"goal\":"
                        + number(g.bound)
                        + ",\"atMost\":"
                        + g.atMost
                        + ",\"passed\":"
                        + !isMissed())
            .orElse("");
    return "\""
        + key
        + "\":{\"value\":"
        + (Double.isNaN(value) ? "null" : number(value))
        + ",\"unit\":\""
        + unit
        + "\""
        + rest
        + "}";
  }

  private static String number(double value) {
    return Double.isNaN(value)
        ? "unknown"
        : String.format(Locale.ROOT, Math.abs(value) < 100 ? "%.2f" : "%.0f", value);
  }
}
