// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The figures of several strategies as a drawing: a panel for each figure, over the number of
 * nodes. Both axes are logarithmic. A line with points is measured, a dashed line of the same
 * colour is expected, and a dotted grey line is the minimum. Values that are not positive have no
 * place and are left out.
 */
public final class HashingPlot {
  private static final int PANEL_WIDTH = 420;
  private static final int PANEL_HEIGHT = 300;
  private static final int COLUMNS = 2;
  private static final int LEFT = 64;
  private static final int RIGHT = PANEL_WIDTH - 16;
  private static final int TOP = 34;
  private static final int BOTTOM = PANEL_HEIGHT - 40;
  private static final int LEGEND_HEIGHT = 34;
  private static final int LEGEND_ENTRY = 130;
  private static final String GREY = "#666666";

  /** Distinct for the colour-blind, too (Okabe and Ito). */
  private static final List<String> COLOURS =
      List.of("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000");

  /**
   * A strategy with its figures.
   *
   * @param name its short name
   * @param figures what was measured, one for each number of nodes, ascending
   * @param expectation what is expected, if that is known
   */
  public record Line(
      String name, List<HashingFigures> figures, Optional<HashingExpectation> expectation) {
    /** Copies the list. */
    public Line {
      figures = List.copyOf(figures);
    }
  }

  /** What an expectation says about a number of nodes. */
  private interface Expected {
    double of(HashingExpectation expectation, int nodes);
  }

  /** A figure over the number of nodes. */
  private record Panel(
      String title,
      ToDoubleFunction<HashingFigures> measured,
      Optional<Expected> expected,
      Optional<ToDoubleFunction<HashingFigures>> minimum) {
    static Panel of(String title, ToDoubleFunction<HashingFigures> measured) {
      return new Panel(title, measured, Optional.empty(), Optional.empty());
    }

    Panel expecting(Expected expected) {
      return new Panel(title, measured, Optional.of(expected), minimum);
    }

    Panel atLeast(ToDoubleFunction<HashingFigures> minimum) {
      return new Panel(title, measured, expected, Optional.of(minimum));
    }
  }

  private static final List<Panel> PANELS =
      List.of(
          Panel.of("largest share : mean share", HashingFigures::maxToMean).atLeast(_ -> 1),
          Panel.of("coefficient of variation of the shares", HashingFigures::variation)
              .expecting(HashingExpectation::variation),
          Panel.of("share of buckets moved when a node joins", HashingFigures::joinMoved)
              .expecting(HashingExpectation::joinMoved)
              .atLeast(HashingFigures::joinMinimum),
          Panel.of("share of buckets moved when a node leaves", HashingFigures::leaveMoved)
              .expecting(HashingExpectation::leaveMoved)
              .atLeast(HashingFigures::leaveMinimum),
          Panel.of("look-up in the installed map, ns", HashingFigures::lookUpNs),
          Panel.of("proposal of a map, ms", HashingFigures::proposeMs));

  private record Point(double nodes, double value) {}

  /** Points with positive values. */
  private record Curve(List<Point> points, String colour, String dashes, boolean measured) {
    static Curve of(
        List<HashingFigures> figures,
        ToDoubleFunction<HashingFigures> value,
        String colour,
        String dashes,
        boolean measured) {
      List<Point> points =
          figures.stream()
              .map(one -> new Point(one.nodes(), value.applyAsDouble(one)))
              .filter(point -> point.value > 0)
              .toList();
      return new Curve(points, colour, dashes, measured);
    }
  }

  private final StringBuilder svg = new StringBuilder();

  private HashingPlot() {}

  /** The drawing as the text of an SVG file. */
  public static String svg(List<Line> lines) {
    HashingPlot plot = new HashingPlot();
    plot.draw(lines);
    return plot.svg.toString();
  }

  private void draw(List<Line> lines) {
    int width = COLUMNS * PANEL_WIDTH;
    int height = LEGEND_HEIGHT + (PANELS.size() + COLUMNS - 1) / COLUMNS * PANEL_HEIGHT;
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
        width, height, width, height);
    add("<title>Hash strategies by number of nodes</title>");
    add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", width, height);
    for (int i = 0; i < lines.size(); i++) {
      int x = LEFT + i * LEGEND_ENTRY;
      add("<circle cx=\"%d\" cy=\"20\" r=\"4\" fill=\"%s\"/>", x, colour(i));
      add("<text x=\"%d\" y=\"24\">%s</text>", x + 10, escaped(lines.get(i).name()));
    }
    add(
        "<text x=\"%d\" y=\"24\" text-anchor=\"end\" fill=\"%s\">dashed: expected,"
            + " dotted: minimum</text>",
        width - PANEL_WIDTH + RIGHT, GREY);
    for (int i = 0; i < PANELS.size(); i++) {
      int y = LEGEND_HEIGHT + i / COLUMNS * PANEL_HEIGHT;
      add("<g transform=\"translate(%d,%d)\">", i % COLUMNS * PANEL_WIDTH, y);
      draw(PANELS.get(i), lines);
      add("</g>");
    }
    add("</svg>");
  }

  private void draw(Panel panel, List<Line> lines) {
    List<Curve> curves = curves(panel, lines);
    List<Point> points = curves.stream().flatMap(curve -> curve.points.stream()).toList();
    LogScale across = LogScale.of(points.stream().mapToDouble(Point::nodes), LEFT, RIGHT);
    LogScale up = LogScale.of(points.stream().mapToDouble(Point::value), BOTTOM, TOP);
    add("<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>", LEFT, panel.title);
    drawAxes(across, up);
    curves.forEach(curve -> draw(curve, across, up));
  }

  private static List<Curve> curves(Panel panel, List<Line> lines) {
    List<Curve> curves = new ArrayList<>();
    if (panel.minimum.isPresent() && !lines.isEmpty()) {
      curves.add(Curve.of(lines.getFirst().figures(), panel.minimum.get(), GREY, "1 3", false));
    }
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      if (panel.expected.isPresent() && line.expectation().isPresent()) {
        Expected expected = panel.expected.get();
        HashingExpectation expectation = line.expectation().get();
        curves.add(
            Curve.of(
                line.figures(),
                one -> expected.of(expectation, one.nodes()),
                colour(i),
                "6 4",
                false));
      }
      curves.add(Curve.of(line.figures(), panel.measured, colour(i), "none", true));
    }
    return curves;
  }

  private void drawAxes(LogScale across, LogScale up) {
    for (BigDecimal tick : up.ticks()) {
      double y = up.at(tick.doubleValue());
      add("<path d=\"M%d %.1f H%d\" stroke=\"#dddddd\"/>", LEFT, y, RIGHT);
      add(
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"%s\">%s</text>",
          LEFT - 6, y + 4, GREY, text(tick));
    }
    for (BigDecimal tick : across.ticks()) {
      add(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"%s\">%s</text>",
          across.at(tick.doubleValue()), BOTTOM + 16, GREY, text(tick));
    }
    add("<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"%s\"/>", LEFT, TOP, BOTTOM, RIGHT, GREY);
    add(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"%s\">nodes</text>",
        RIGHT, PANEL_HEIGHT - 8, GREY);
  }

  private void draw(Curve curve, LogScale across, LogScale up) {
    String points =
        curve.points.stream()
            .map(
                point ->
                    String.format(
                        Locale.ROOT, "%.1f,%.1f", across.at(point.nodes), up.at(point.value)))
            .collect(Collectors.joining(" "));
    add(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-dasharray=\"%s\"/>",
        points, curve.colour, curve.dashes);
    if (curve.measured) {
      curve.points.forEach(
          point ->
              add(
                  "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>",
                  across.at(point.nodes), up.at(point.value), curve.colour));
    }
  }

  /** Adds a line. */
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static String colour(int line) {
    return COLOURS.get(line % COLOURS.size());
  }

  private static String text(BigDecimal tick) {
    return tick.stripTrailingZeros().toPlainString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
