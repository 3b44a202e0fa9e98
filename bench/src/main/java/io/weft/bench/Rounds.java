// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Times measured in rounds, of several paths that alternate within a round, so that other load of
 * the machine is the same for all of them. Used by one thread.
 *
 * @param <P> what is measured
 */
final class Rounds<P extends Enum<P>> {
  private static final int WARM_UP = 40;
  private static final int MEASURED = 40;

  private final P reference;
  private final Map<P, List<long[]>> times;

  /**
   * No rounds yet.
   *
   * @param reference what is measured once a round, and what the others are compared with
   */
  Rounds(P reference) {
    this.reference = reference;
    this.times = new EnumMap<>(reference.getDeclaringClass());
  }

  /** Runs the rounds; those before the code is warm do not count. */
  void run(Runnable round) {
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      if (i == WARM_UP) {
        times.clear();
      }
      round.run();
    }
  }

  /** Adds what a pass of a round has measured; sorts the array. */
  void record(P path, long[] nanos) {
    Arrays.sort(nanos);
    times.computeIfAbsent(path, _ -> new ArrayList<>()).add(nanos);
  }

  /** A percentile of all times of a path, in microseconds. */
  double micros(P path, int percent) {
    return micros(
        times.get(path).stream().flatMapToLong(Arrays::stream).sorted().toArray(), percent);
  }

  /** The median of the rounds' ratios to the reference, because other load is the same in one. */
  double ratio(P path) {
    List<long[]> plain = times.get(reference);
    List<long[]> measured = times.get(path);
    int each = measured.size() / plain.size();
    double[] ratios = new double[measured.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = micros(measured.get(i), 50) / micros(plain.get(i / each), 50);
    }
    Arrays.sort(ratios);
    return ratios[ratios.length / 2];
  }

  private static double micros(long[] sorted, int percent) {
    return sorted[sorted.length * percent / 100] / 1_000.0;
  }
}
