// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them. */
final class Numbers {
  private static final MathContext DIGITS = new MathContext(3);

  private Numbers() {}

  /** Three significant digits, with thousands separated. */
  static String text(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = BigDecimal.valueOf(value).round(DIGITS);
    if (Math.abs(rounded.doubleValue()) >= 1_000) {
      return String.format(Locale.ROOT, "%,d", rounded.longValue());
    }
    int digitsBefore = rounded.precision() - rounded.scale();
    int decimals = Math.clamp((long) DIGITS.getPrecision() - digitsBefore, 0, 6);
    return String.format(Locale.ROOT, "%." + decimals + "f", rounded);
  }

  /** A whole number with thousands separated; other text as it is. */
  static String grouped(String number) {
    return number.matches("\\d{4,}")
        ? String.format(Locale.ROOT, "%,d", Long.parseLong(number))
        : number;
  }

  /** For the narrow space beside an axis: 20k, 1.5M. */
  static String tick(double value) {
    if (Math.abs(value) >= 1e6) {
      return plain(value / 1e6) + "M";
    }
    if (Math.abs(value) >= 1e4) {
      return plain(value / 1e3) + "k";
    }
    return Math.abs(value) >= 1e3 ? text(value) : plain(value);
  }

  private static String plain(double value) {
    if (value == 0) {
      return "0";
    }
    return BigDecimal.valueOf(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }
}
