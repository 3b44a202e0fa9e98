// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.List;

/**
 * The values of several rounds: the middle one, and the range of all without the lowest and the
 * highest tenth (at least one of each), or of all if there are fewer than eight.
 *
 * @param median the middle value
 * @param low the lower end of the range
 * @param high the upper end of the range
 */
public record Spread(double median, double low, double high) {
  private static final int TENTH = 10;
  private static final int FEW = 8;

  /** The spread of at least one value. */
  public static Spread of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int cut = sorted.length < FEW ? 0 : Math.max(1, sorted.length / TENTH);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[cut], sorted[sorted.length - 1 - cut]);
  }

  /** Whether a value lies in the range. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }

  /** The middle value as text. */
  public String middle() {
    return Numbers.text(median);
  }

  /** The range as text, or nothing if all values are equal. */
  public String range() {
    String from = Numbers.text(low);
    String to = Numbers.text(high);
    return from.equals(to) ? "" : from + " to " + to;
  }
}
