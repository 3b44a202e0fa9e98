// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Durations of operations. Used by one thread at a time. */
final class Times {
  /** The percentiles that are reported. */
  private static final List<String> PERCENTS = List.of("50", "75", "90", "95", "99", "99.9");

  /** Most durations that are kept; more are not recorded. */
  private static final int MOST = 1 << 22;

  private long[] nanos = new long[1 << 10];
  private int count;
  private boolean sorted;

  void add(long ns) {
    if (count == nanos.length) {
      if (count == MOST) {
        return;
      }
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = ns;
    sorted = false;
  }

  int count() {
    return count;
  }

  /** A percentile in microseconds; there is at least one duration. */
  double micros(double percent) {
    if (!sorted) {
      Arrays.sort(nanos, 0, count);
      sorted = true;
    }
    int rank = (int) Math.ceil(percent / 100 * count);
    return nanos[Math.clamp(rank - 1L, 0, count - 1)] / 1e3;
  }

  /** The median as the only reading, at a place of the axis; none without durations. */
  List<MeasuredValue> median(String question, String at) {
    return count == 0 ? List.of() : List.of(new MeasuredValue(question, at, micros(50), count));
  }

  /** The percentiles in microseconds, as far as the number of durations reaches. */
  List<MeasuredValue> percentiles(String question) {
    List<MeasuredValue> readings = new ArrayList<>();
    for (String percent : PERCENTS) {
      double p = Double.parseDouble(percent);
      if (count * (100 - p) >= 100) {
        readings.add(new MeasuredValue(question, percent, micros(p), count));
      }
    }
    return readings;
  }
}
