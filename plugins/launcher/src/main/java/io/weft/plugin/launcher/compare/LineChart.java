// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.compare.Question.Form;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** Lines over numbers or percentiles: medians, in a band of the spread of the rounds. */
final class LineChart {
  private static final int WIDTH = 520;
  private static final int HEIGHT = 310;
  private static final int LEFT = 52;
  private static final int TOP = 34;
  private static final int BOTTOM = HEIGHT - 50;
  private static final double LABEL_GAP = 16;
  private static final double TICK_GAP = 7;

  /** Width of a digit in the large type of narrow screens. */
  private static final double WIDEST_LETTER = 8.6;

  private static final double LETTER = 7.4;
  private static final double WIDE = 12;
  private static final int KIBI = 1_024;

  private final Comparison comparison;
  private final Question question;
  private final List<Line> lines = new ArrayList<>();
  private final Markup svg = new Markup();
  private final int right;

  /** A plugin's line. */
  private record Line(Subject subject, Marker marker, List<Point> points) {}

  private record Point(double x, Spread y) {}

  private LineChart(Comparison comparison, Question question) {
    this.comparison = comparison;
    this.question = question;
    for (Subject subject : comparison.measured()) {
      List<Point> points = new ArrayList<>();
      for (String place : question.places()) {
        comparison
            .spread(question, place, subject)
            .ifPresent(y -> points.add(new Point(Double.parseDouble(place), y)));
      }
      if (!points.isEmpty()) {
        lines.add(new Line(subject, new Marker(comparison.subjects().indexOf(subject)), points));
      }
    }
    int longest = lines.stream().mapToInt(line -> line.subject.id().length()).max().orElse(0);
    right = WIDTH - (int) Math.min(WIDTH / 3.0, 14 + longest * LETTER);
  }

  /** The drawing. */
  static String svg(Comparison comparison, Question question) {
    LineChart chart = new LineChart(comparison, question);
    chart.draw();
    return chart.svg.toString();
  }

  private void draw() {
    Scale across = across();
    Scale up = up();
    svg.add(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
        WIDTH, HEIGHT, Markup.escaped(question.title()));
    axes(across, up);
    lines.forEach(line -> band(line, across, up));
    lines.forEach(line -> line(line, across, up));
    labels(up);
    svg.addAll("</svg>");
  }

  private List<Double> numbers() {
    return comparison.places(question).stream().map(Double::valueOf).toList();
  }

  private Scale across() {
    List<Double> numbers = numbers();
    int begin = LEFT + 10;
    int end = right - 12;
    if (question.form() == Form.PERCENTILES) {
      return Scale.percentiles(numbers, begin, end);
    }
    double least = numbers.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    double most = numbers.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    DoubleStream all = numbers.stream().mapToDouble(Double::doubleValue);
    return least > 0 && most / least > WIDE
        ? Scale.logarithmic(all, begin, end)
        : Scale.fromZero(all, begin, end);
  }

  private Scale up() {
    DoubleStream all =
        lines.stream()
            .flatMap(line -> line.points.stream())
            .flatMapToDouble(point -> DoubleStream.of(point.y.low(), point.y.high()));
    return question.form() == Form.LINES_FROM_ZERO
        ? Scale.fromZero(all, BOTTOM, TOP)
        : Scale.logarithmic(all, BOTTOM, TOP);
  }

  private void axes(Scale across, Scale up) {
    svg.add(
        "<text class=\"name\" x=\"0\" y=\"12\">%s%s</text>",
        Markup.escaped(question.up()),
        question.unit().isEmpty() ? "" : ", <tspan class=\"unit\">" + question.unit() + "</tspan>");
    for (double tick : up.ticks()) {
      double y = up.at(tick);
      svg.add("<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, right);
      svg.add(
          "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 8, y + 4, Numbers.tick(tick));
    }
    double free = 0;
    for (double number : numbers()) {
      double x = across.at(number);
      svg.add("<path class=\"axis\" d=\"M%.1f %dv4\"/>", x, BOTTOM);
      String text = place(number);
      double half = text.length() * WIDEST_LETTER / 2;
      if (x - half >= free) {
        svg.add(
            "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
            x, BOTTOM + 18, text);
        free = x + half + TICK_GAP;
      }
    }
    svg.add("<path class=\"axis\" d=\"M%d %dH%d\"/>", LEFT, BOTTOM, right);
    svg.add(
        "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        right, HEIGHT - 10, Markup.escaped(question.across()));
  }

  private static String place(double number) {
    if (number >= KIBI && number % KIBI == 0) {
      long kibi = (long) number / KIBI;
      return kibi % KIBI == 0 ? kibi / KIBI + " Mi" : kibi + " Ki";
    }
    return number == Math.rint(number)
        ? Numbers.grouped(String.valueOf((long) number))
        : String.valueOf(number);
  }

  private void band(Line line, Scale across, Scale up) {
    String there = points(line.points, across, up, Spread::high);
    String back = points(line.points.reversed(), across, up, Spread::low);
    svg.add("<polygon class=\"band %s\" points=\"%s %s\"/>", line.marker.style(), there, back);
  }

  private static String points(
      List<Point> points, Scale across, Scale up, ToDoubleFunction<Spread> value) {
    return points.stream()
        .map(
            point ->
                String.format(
                    Locale.ROOT,
                    "%.1f,%.1f",
                    across.at(point.x),
                    up.at(value.applyAsDouble(point.y))))
        .collect(Collectors.joining(" "));
  }

  private void line(Line line, Scale across, Scale up) {
    svg.add("<g class=\"%s\">", line.marker.style());
    svg.add(
        "<polyline class=\"line\" points=\"%s\"/>",
        points(line.points, across, up, Spread::median));
    for (Point point : line.points) {
      line.marker.draw(svg, across.at(point.x), up.at(point.y.median()));
    }
    svg.addAll("</g>");
  }

  /** The names at the ends of the lines, moved apart where they would overlap. */
  private void labels(Scale up) {
    List<Line> sorted = new ArrayList<>(lines);
    sorted.sort(Comparator.comparingDouble(line -> end(line, up)));
    double[] at = sorted.stream().mapToDouble(line -> end(line, up)).toArray();
    for (int i = 1; i < at.length; i++) {
      at[i] = Math.max(at[i], at[i - 1] + LABEL_GAP);
    }
    for (int i = at.length - 1; i >= 0; i--) {
      at[i] = Math.min(at[i], BOTTOM - (at.length - 1 - i) * LABEL_GAP);
      svg.add(
          "<text class=\"label %s\" x=\"%d\" y=\"%.1f\">%s</text>",
          sorted.get(i).marker.style(),
          right + 6,
          at[i] + 4,
          Markup.escaped(sorted.get(i).subject.id()));
    }
  }

  private static double end(Line line, Scale up) {
    return up.at(line.points.getLast().y.median());
  }
}
