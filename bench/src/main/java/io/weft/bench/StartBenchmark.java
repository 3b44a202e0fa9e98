// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The cold start of nodes, with and without the ahead-of-time cache of {@code weft rehearse}, in
 * turns: from the start of the process to the line that says ready, alone and as three nodes at
 * once; and from the kill of one of the three to the end of the other two's first view change.
 */
final class StartBenchmark {
  /** Rounds that count; one more before them fills the page cache. */
  private static final int ROUNDS = 5;

  /** Goal of a time with the cache, as a share of the one without. */
  private static final double SHARE = 0.5;

  private static final List<String> MEASURED =
      List.of(
          "Lone node ready",
          "Lone node ready, processor time",
          "Three nodes ready",
          "Three nodes ready, processor time",
          "First failover",
          "First failover, processor time of both");

  private StartBenchmark() {}

  static List<Figure> run() throws IOException, InterruptedException {
    try (StartedNodes nodes = new StartedNodes()) {
      Path cache = nodes.rehearse();
      double[][] without = new double[MEASURED.size()][ROUNDS];
      double[][] with = new double[MEASURED.size()][ROUNDS];
      for (int round = -1; round < ROUNDS; round++) {
        enter(without, round, nodes.measure(List.of()));
        enter(with, round, nodes.measure(List.of("-XX:AOTCache=" + cache)));
      }
      return figures(without, with);
    }
  }

  private static void enter(double[][] samples, int round, double[] millis) {
    System.err.printf(
        Locale.ROOT, "  round %d of %d: %s ms%n", round + 1, ROUNDS, Arrays.toString(millis));
    for (int i = 0; i < millis.length && round >= 0; i++) {
      samples[i][round] = millis[i];
    }
  }

  private static List<Figure> figures(double[][] without, double[][] with) {
    return IntStream.range(0, MEASURED.size())
        .boxed()
        .flatMap(i -> figures(MEASURED.get(i), without[i], with[i]).stream())
        .toList();
  }

  private static List<Figure> figures(String what, double[] without, double[] with) {
    String key = "start" + what.replaceAll("[^A-Za-z]", "");
    double plain = Figure.median(without);
    double cached = Figure.median(with);
    Figure ratio = Figure.of(key + "Ratio", "  with : without", cached / plain, "x");
    return List.of(
        Figure.of(key + "Ms", what.toLowerCase(Locale.ROOT) + ", no cache", plain, "ms"),
        Figure.of(key + "CachedMs", "  with the cache", cached, "ms"),
        what.contains("processor") ? ratio : ratio.atMost(SHARE));
  }
}
