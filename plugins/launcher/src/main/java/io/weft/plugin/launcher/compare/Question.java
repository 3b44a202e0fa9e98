// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.List;
import java.util.Set;

/**
 * One question that a comparison answers for every plugin, with a figure of its own.
 *
 * @param key names it in the JSON
 * @param title what is asked, as heading
 * @param form how its figure is drawn
 * @param across what lies along the axis of the places, with its unit; empty for cases
 * @param up what is measured
 * @param unit of the values
 * @param better which values are better
 * @param places where on the axis it is measured: numbers, percentiles or names of cases
 * @param how how it is measured, in a sentence
 * @param negligible share of a value below which a difference is none, from 0
 */
public record Question(
    String key,
    String title,
    Form form,
    String across,
    String up,
    String unit,
    Better better,
    List<String> places,
    String how,
    double negligible) {
  private static final double FEW_PER_CENT = 0.03;

  private static final Set<String> TIMES_AND_RATES =
      Set.of("ns", "µs", "ms", "s", "MB/s", "messages/s");

  /** Copies the list. */
  public Question {
    places = List.copyOf(places);
  }

  /** A question for which differences of a few per cent are none. */
  public Question(
      String key,
      String title,
      Form form,
      String across,
      String up,
      String unit,
      Better better,
      List<String> places,
      String how) {
    this(key, title, form, across, up, unit, better, places, how, FEW_PER_CENT);
  }

  /** How a figure is drawn. */
  public enum Form {
    /** Lines over percentiles, which are drawn the wider apart the rarer they are. */
    PERCENTILES,
    /** Lines over numbers, both axes logarithmic. */
    LINES,
    /** Lines over numbers, with zero on the axis of the values. */
    LINES_FROM_ZERO,
    /** A dot for each plugin in each case, beginning with zero. */
    CASES
  }

  /** Which values are better. */
  public enum Better {
    /** Such as times. */
    LOWER,
    /** Such as rates. */
    HIGHER,
    /** Neither. */
    NEITHER
  }

  /** A value with its unit. */
  public String text(double value) {
    return unit.isEmpty() ? Numbers.text(value) : Numbers.text(value) + " " + unit;
  }

  /** What is measured at a place, in few words. */
  String brief(String place) {
    return form == Form.CASES && places.size() > 1 ? place : up;
  }

  /** A place beside the name of what is measured. */
  String placeLabel(String place) {
    return switch (form) {
      case PERCENTILES -> place.equals("50") ? "median" : place + "th percentile";
      case LINES, LINES_FROM_ZERO -> across.replaceFirst(",.*", "") + ": " + withUnit(place);
      case CASES -> places.size() > 1 ? up : place;
    };
  }

  private String withUnit(String place) {
    int comma = across.lastIndexOf(',');
    return Numbers.grouped(place) + (comma < 0 ? "" : across.substring(comma + 1));
  }

  /** The word for better values. */
  String comparative() {
    if (up.startsWith("processor")) {
      return "cheaper";
    }
    if (TIMES_AND_RATES.contains(unit)) {
      return "faster";
    }
    return better == Better.LOWER ? "lower" : "higher";
  }

  /** A place as words in a sentence. */
  public String placeText(String place) {
    return switch (form) {
      case PERCENTILES -> place.equals("50") ? "the median" : "p" + place;
      case LINES, LINES_FROM_ZERO -> Numbers.grouped(place);
      case CASES -> "“" + place + "”";
    };
  }
}
