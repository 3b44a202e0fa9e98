// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A logarithmic axis.
 *
 * @param least the smallest value on it, positive
 * @param most the largest value on it, larger than the smallest
 * @param begin place of the smallest value in the drawing
 * @param end place of the largest one
 */
public record LogScale(double least, double most, double begin, double end) {
  /** Room beside the outermost values. */
  private static final double ROOM = 1.1;

  /** Decades from which on only powers of ten are marked. */
  private static final double WIDE = 2.5;

  private static final int[] POWERS = {1};
  private static final int[] STEPS = {1, 2, 5};
  private static final int FEWEST_TICKS = 3;

  /** A scale with room for all positive values. */
  public static LogScale of(DoubleStream values, double begin, double end) {
    double[] positive = values.filter(value -> value > 0).sorted().toArray();
    return positive.length == 0
        ? new LogScale(1, 10, begin, end)
        : new LogScale(positive[0] / ROOM, positive[positive.length - 1] * ROOM, begin, end);
  }

  /** The place of a positive value. */
  public double at(double value) {
    return begin + (end - begin) * Math.log(value / least) / Math.log(most / least);
  }

  /** The values to mark, ascending. */
  public List<BigDecimal> ticks() {
    boolean wide = Math.log10(most / least) > WIDE;
    List<BigDecimal> ticks = wide ? ticks(POWERS) : List.of();
    if (ticks.size() < FEWEST_TICKS) {
      ticks = ticks(STEPS);
    }
    return ticks.size() < FEWEST_TICKS ? evenTicks() : ticks;
  }

  private List<BigDecimal> ticks(int[] steps) {
    List<BigDecimal> ticks = new ArrayList<>();
    int last = (int) Math.floor(Math.log10(most));
    for (int power = (int) Math.floor(Math.log10(least)); power <= last; power++) {
      for (int step : steps) {
        addIfInside(BigDecimal.valueOf(step).scaleByPowerOfTen(power), ticks);
      }
    }
    return ticks;
  }

  /** For less than a decade: multiples of a power of ten, or of its half. */
  private List<BigDecimal> evenTicks() {
    int power = (int) Math.floor(Math.log10(most - least));
    BigDecimal step = BigDecimal.ONE.scaleByPowerOfTen(power);
    if ((most - least) / step.doubleValue() < FEWEST_TICKS) {
      step = BigDecimal.valueOf(5).scaleByPowerOfTen(power - 1);
    }
    List<BigDecimal> ticks = new ArrayList<>();
    long first = (long) Math.floor(least / step.doubleValue());
    for (long i = first; i * step.doubleValue() <= most; i++) {
      addIfInside(step.multiply(BigDecimal.valueOf(i)), ticks);
    }
    return ticks;
  }

  private void addIfInside(BigDecimal tick, List<BigDecimal> ticks) {
    if (tick.doubleValue() >= least && tick.doubleValue() <= most) {
      ticks.add(tick);
    }
  }
}
