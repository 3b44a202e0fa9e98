// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

/**
 * How a plugin looks in all figures: a colour, which the style sheet has for light and dark, and a
 * shape, so that nobody needs the colour.
 *
 * @param number of the plugin, from 0
 */
record Marker(int number) {
  /** Colours of the style sheet. */
  static final int COLOURS = 6;

  private static final int SHAPES = 4;

  /** The class of the style sheet. */
  String style() {
    return "p" + number % COLOURS;
  }

  /** Draws the shape. */
  void draw(Markup svg, double x, double y) {
    switch (number % SHAPES) {
      case 0 -> svg.add("<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.6\"/>", x, y);
      case 1 ->
          svg.add(
              "<rect class=\"mark\" x=\"%.1f\" y=\"%.1f\" width=\"6.6\" height=\"6.6\"/>",
              x - 3.3, y - 3.3);
      case 2 -> svg.add("<path class=\"mark\" d=\"M%.1f %.1fl4.4 7.4h-8.8z\"/>", x, y - 4.6);
      default ->
          svg.add(
              "<path class=\"mark\" d=\"M%.1f %.1fl4.6 4.6l-4.6 4.6l-4.6 -4.6z\"/>", x, y - 4.6);
    }
  }
}
