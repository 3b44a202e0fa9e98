// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.hashing.LogScale;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** Where values lie along an axis. */
interface Scale {
  /** The place of a value in the drawing. */
  double at(double value);

  /** The values to mark, ascending. */
  List<Double> ticks();

  /** A logarithmic axis with room for all positive values. */
  static Scale logarithmic(DoubleStream values, double begin, double end) {
    LogScale scale = LogScale.of(values, begin, end);
    return new Scale() {
      @Override
      public double at(double value) {
        return scale.at(Math.max(value, scale.least()));
      }

      @Override
      public List<Double> ticks() {
        return scale.ticks().stream().map(BigDecimal::doubleValue).toList();
      }
    };
  }

  /** An even axis from zero to the largest value. */
  static Scale fromZero(DoubleStream values, double begin, double end) {
    double largest = values.max().orElse(1);
    double most = largest > 0 ? largest * 1.08 : 1;
    double step = step(most / 5);
    return new Scale() {
      @Override
      public double at(double value) {
        return begin + (end - begin) * value / most;
      }

      @Override
      public List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; i * step <= most; i++) {
          ticks.add(i * step);
        }
        return ticks;
      }
    };
  }

  /** The smallest of 1, 2, 5, 10, 20 ... that is not below a value. */
  private static double step(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (int digit : new int[] {1, 2, 5}) {
      if (digit * power >= least * 0.999) {
        return digit * power;
      }
    }
    return 10 * power;
  }

  /** Percentiles, each nine of them as wide as the one before. */
  static Scale percentiles(List<Double> percents, double begin, double end) {
    double first = rarity(percents.getFirst());
    double last = Math.max(first + 0.1, rarity(percents.getLast()));
    return new Scale() {
      @Override
      public double at(double value) {
        return begin + (end - begin) * (rarity(value) - first) / (last - first);
      }

      @Override
      public List<Double> ticks() {
        return percents;
      }
    };
  }

  private static double rarity(double percent) {
    return -Math.log10(1 - percent / 100);
  }
}
