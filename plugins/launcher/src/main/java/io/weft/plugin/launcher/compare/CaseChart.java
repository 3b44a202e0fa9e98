// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** A dot for each plugin in each case, on a line from the lowest to the highest round. */
final class CaseChart {
  private static final int WIDTH = 520;
  private static final int RIGHT = WIDTH - 92;
  private static final int TOP = 28;
  private static final int ROW = 22;
  private static final int HEAD = 30;
  private static final int FOOT = 44;
  private static final double LETTER = 7.4;

  /** From this factor between the largest and the smallest value on the axis is logarithmic. */
  private static final double WIDE = 20;

  private final Comparison comparison;
  private final Question question;
  private final List<String> places;
  private final Markup svg = new Markup();
  private final int left;

  private CaseChart(Comparison comparison, Question question) {
    this.comparison = comparison;
    this.question = question;
    this.places = comparison.places(question);
    int longest = comparison.measured().stream().mapToInt(one -> one.id().length()).max().orElse(0);
    this.left = (int) Math.min(WIDTH / 3.0, 22 + longest * LETTER);
  }

  /** The drawing. */
  static String svg(Comparison comparison, Question question) {
    CaseChart chart = new CaseChart(comparison, question);
    chart.draw();
    return chart.svg.toString();
  }

  private void draw() {
    int rows = comparison.measured().size();
    boolean heads = places.size() > 1;
    int each = (heads ? HEAD : 8) + rows * ROW;
    int bottom = TOP + places.size() * each + 4;
    Scale across = across();
    svg.add(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
        WIDTH, bottom + FOOT, Markup.escaped(question.title()));
    axis(across, bottom);
    int y = TOP;
    for (String place : places) {
      if (heads) {
        svg.add("<text class=\"case\" x=\"0\" y=\"%d\">%s</text>", y + 20, Markup.escaped(place));
      }
      int row = y + (heads ? HEAD : 8) + ROW / 2 - 2;
      for (Subject subject : comparison.measured()) {
        Optional<Spread> spread = comparison.spread(question, place, subject);
        if (spread.isPresent()) {
          row(subject, spread.get(), across, row);
        }
        row += ROW;
      }
      y += each;
    }
    svg.addAll("</svg>");
  }

  private Scale across() {
    List<Double> all = new ArrayList<>();
    for (String place : places) {
      for (Subject subject : comparison.measured()) {
        comparison
            .spread(question, place, subject)
            .ifPresent(spread -> all.addAll(List.of(spread.low(), spread.high())));
      }
    }
    double least = all.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = all.stream().mapToDouble(Double::doubleValue).max().orElse(1);
    DoubleStream values = all.stream().mapToDouble(Double::doubleValue);
    return least > 0 && most / least > WIDE
        ? Scale.logarithmic(values, left + 8, RIGHT)
        : Scale.fromZero(values, left + 8, RIGHT);
  }

  private void axis(Scale across, int bottom) {
    svg.add(
        "<text class=\"name\" x=\"0\" y=\"12\">%s%s</text>",
        Markup.escaped(question.up()),
        question.unit().isEmpty() ? "" : ", <tspan class=\"unit\">" + question.unit() + "</tspan>");
    double last = -100;
    for (double tick : across.ticks()) {
      double x = across.at(tick);
      svg.add("<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, TOP, bottom);
      if (x - last > 36) {
        svg.add(
            "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
            x, bottom + 18, Numbers.tick(tick));
        last = x;
      }
    }
    svg.add("<path class=\"axis\" d=\"M%d %dH%d\"/>", left + 8, bottom, RIGHT);
  }

  private void row(Subject subject, Spread spread, Scale across, int y) {
    Marker marker = new Marker(comparison.subjects().indexOf(subject));
    svg.add("<g class=\"%s\">", marker.style());
    svg.add(
        "<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        left - 4, y + 4, Markup.escaped(subject.id()));
    svg.add(
        "<path class=\"range\" d=\"M%.1f %dH%.1f\"/>",
        across.at(spread.low()), y, across.at(spread.high()));
    marker.draw(svg, across.at(spread.median()), y);
    svg.add(
        "<text class=\"value\" x=\"%d\" y=\"%d\">%s</text>",
        RIGHT + 10, y + 4, Markup.escaped(question.text(spread.median())));
    svg.addAll("</g>");
  }
}
