// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.util.Locale;
import java.util.Optional;

/**
 * One line of a report.
 *
 * @param key for machines, for example {@code localHitNs}
 * @param text for people
 * @param value what was measured; not a number if it could not be, which misses every goal
 * @param unit {@code ns}, {@code us}, {@code B}, {@code x} or {@code %}
 * @param goal what the value has to be, if it has to be anything
 */
record Figure(String key, String text, double value, String unit, Optional<Goal> goal) {
  /** A bound; the value must not be above it, or not below it. */
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

  Figure atMost(double bound) {
    return new Figure(key, text, value, unit, Optional.of(new Goal(bound, true)));
  }

  Figure atLeast(double bound) {
    return new Figure(key, text, value, unit, Optional.of(new Goal(bound, false)));
  }

  boolean isMissed() {
    return goal.isPresent() && !goal.get().isMetBy(value);
  }

  /** For people: text, value, goal, verdict. */
  String line() {
    String verdict = goal.map(g -> "goal " + g + (isMissed() ? "  MISSED" : "  passed")).orElse("");
    return String.format(Locale.ROOT, "%-58s %10s %-3s %s", text, number(value), unit, verdict)
        .stripTrailing();
  }

  /** For machines: a member of a JSON object. */
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
