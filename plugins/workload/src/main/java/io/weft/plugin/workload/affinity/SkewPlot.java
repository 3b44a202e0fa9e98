// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.affinity;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Draws share of remote requests and accesses per second over time, as SVG. Stateless. */
final class SkewPlot {
  private static final int WIDTH = 640;
  private static final int PANEL = 200;
  private static final int LEFT = 70;
  private static final int RIGHT = 620;
  private static final int TOP = 30;
  private static final int BOTTOM = 170;
  private static final int LINES = 4;

  private SkewPlot() {}

  /** What happened between two samples. */
  private record Point(double seconds, double value) {}

  static String svg(List<SkewSample> samples) {
    String head =
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d"
                + " %d\" font-family=\"sans-serif\" font-size=\"12\">%n<title>Masters follow the"
                + " work</title>%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            2 * PANEL,
            WIDTH,
            2 * PANEL);
    List<Point> remote = points(samples, (i) -> value(samples, i, true));
    List<Point> rate = points(samples, (i) -> value(samples, i, false));
    return head
        + panel("requests of another node than the master, %", remote, 100, 0, "#b03030")
        + panel("accesses per second, all nodes", rate, highest(rate), PANEL, "#3050a0")
        + "</svg>\n";
  }

  private static double value(List<SkewSample> samples, int i, boolean remote) {
    SkewSample each = samples.get(i);
    SkewSample before = samples.get(i - 1);
    return remote ? each.remotePercent(before) : each.operationsPerSecond(before);
  }

  private static List<Point> points(List<SkewSample> samples, ToDoubleFunction<Integer> value) {
    return IntStream.range(1, samples.size())
        .mapToObj(i -> new Point(samples.get(i).seconds(), value.applyAsDouble(i)))
        .toList();
  }

  private static double highest(List<Point> points) {
    return points.stream().mapToDouble(Point::value).max().orElse(1) * 1.1;
  }

  private static String panel(
      String title, List<Point> points, double most, int down, String colour) {
    double end = points.isEmpty() ? 1 : points.getLast().seconds();
    StringBuilder svg = new StringBuilder();
    svg.append(String.format(Locale.ROOT, "<g transform=\"translate(0,%d)\">%n", down));
    svg.append(
        String.format(
            Locale.ROOT, "<text x=\"%d\" y=\"18\" font-weight=\"bold\">%s</text>%n", LEFT, title));
    for (int i = 0; i <= LINES; i++) {
      double y = BOTTOM - (BOTTOM - TOP) * (double) i / LINES;
      svg.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%d %.1f H%d\" stroke=\"#dddddd\"/><text x=\"%d\" y=\"%.1f\""
                  + " text-anchor=\"end\">%,.0f</text>%n",
              LEFT,
              y,
              RIGHT,
              LEFT - 6,
              y + 4,
              most * i / LINES));
    }
    String line =
        points.stream()
            .map(
                point ->
                    String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        LEFT + (RIGHT - LEFT) * point.seconds() / end,
                        BOTTOM - (BOTTOM - TOP) * point.value() / most))
            .collect(Collectors.joining(" "));
    svg.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n<text"
                + " x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f s</text>%n</g>%n",
            line,
            colour,
            RIGHT,
            BOTTOM + 16,
            end));
    return svg.toString();
  }
}
