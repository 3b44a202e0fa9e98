// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says in words which plugin is better at what, only as far as the figures tell. At each place the
 * plugin with the best median is compared with each other one, round by round: if the differences
 * do not all point the same way within their spread, or are negligible, the two are equal.
 */
public final class Assessment {
  private final Comparison comparison;

  /** Creates an assessment of a comparison. */
  public Assessment(Comparison comparison) {
    this.comparison = comparison;
  }

  /** A sentence or a few about a question; empty if there is nothing to say. */
  public String of(Question question) {
    List<Subject> plugins = comparison.measured();
    List<String> places = comparison.places(question);
    if (places.isEmpty()) {
      return "";
    }
    if (plugins.size() < 2 || question.better() == Question.Better.NEITHER) {
      return plain(question, places);
    }
    Map<List<String>, List<String>> placesOfBest = new LinkedHashMap<>();
    for (String place : places) {
      placesOfBest.computeIfAbsent(best(question, place), _ -> new ArrayList<>()).add(place);
    }
    if (placesOfBest.size() == 1) {
      List<String> best = placesOfBest.keySet().iterator().next();
      return best.size() == plugins.size()
          ? "No difference between " + list(best) + everywhere(places) + "."
          : better(question, best, places, everywhere(places));
    }
    List<String> sentences = new ArrayList<>();
    placesOfBest.forEach(
        (best, where) ->
            sentences.add(
                best.size() == plugins.size()
                    ? "No difference " + places(question, where) + "."
                    : better(question, best, where, " " + places(question, where))));
    return String.join(" ", sentences);
  }

  private static String everywhere(List<String> places) {
    return places.size() > 1 ? " everywhere" : "";
  }

  private String plain(Question question, List<String> places) {
    List<String> parts = new ArrayList<>();
    String place = places.getFirst();
    for (Subject plugin : comparison.measured()) {
      comparison
          .spread(question, place, plugin)
          .ifPresent(spread -> parts.add(plugin.id() + " has " + question.text(spread.median())));
    }
    return String.join(", ", parts)
        + (places.size() > 1 || question.form() != Question.Form.CASES
            ? " at " + question.placeText(place)
            : "")
        + ".";
  }

  /** The plugins that are better than all others at a place, or equal to the best one. */
  List<String> best(Question question, String place) {
    List<Subject> there =
        comparison.measured().stream()
            .filter(one -> comparison.spread(question, place, one).isPresent())
            .toList();
    int sign = question.better() == Question.Better.LOWER ? 1 : -1;
    Subject first =
        there.stream()
            .min(
                (a, b) ->
                    sign * Double.compare(median(question, place, a), median(question, place, b)))
            .orElseThrow();
    return there.stream()
        .filter(one -> one == first || isEqual(question, place, one, first))
        .map(Subject::id)
        .toList();
  }

  private double median(Question question, String place, Subject subject) {
    return comparison.spread(question, place, subject).map(Spread::median).orElseThrow();
  }

  private boolean isEqual(Question question, String place, Subject one, Subject other) {
    Optional<Spread> difference =
        comparison.values().difference(question.key(), place, one.id(), other.id());
    Optional<Spread> ratio = comparison.values().ratio(question.key(), place, one.id(), other.id());
    boolean small =
        ratio.map(spread -> Math.abs(spread.median() - 1) < question.negligible()).orElse(false);
    return small || difference.map(spread -> spread.contains(0)).orElse(true);
  }

  private String better(Question question, List<String> best, List<String> where, String at) {
    String word = question.comparative();
    String verb = best.size() == 1 ? " is " : " are ";
    String equal = best.size() == 1 ? "" : " (equal)";
    return list(best) + verb + word + equal + at + factor(question, best, where) + ".";
  }

  /** By how much the best differ from the next one, over the places. */
  private String factor(Question question, List<String> best, List<String> where) {
    double least = Double.MAX_VALUE;
    double most = 0;
    for (String place : where) {
      for (Subject other : comparison.measured()) {
        Optional<Spread> ratio =
            comparison.values().ratio(question.key(), place, other.id(), best.getFirst());
        if (best.contains(other.id())) {
          continue;
        }
        if (ratio.isEmpty() || ratio.get().median() <= 0) {
          return ""; // a value is zero
        }
        double times = Math.max(ratio.get().median(), 1 / ratio.get().median());
        least = Math.min(least, times);
        most = Math.max(most, times);
      }
    }
    if (most == 0) {
      return "";
    }
    String from = Numbers.text(least);
    String to = Numbers.text(most);
    return ", by a factor of " + (from.equals(to) ? from : from + " to " + to);
  }

  private static String places(Question question, List<String> places) {
    if (question.form() == Question.Form.CASES) {
      return "for " + list(places.stream().map(question::placeText).toList());
    }
    List<String> runs = new ArrayList<>();
    List<String> all = question.places();
    for (int i = 0; i < places.size(); i++) {
      int last = i;
      while (last + 1 < places.size()
          && all.indexOf(places.get(last + 1)) == all.indexOf(places.get(last)) + 1) {
        last++;
      }
      String from = question.placeText(places.get(i));
      if (last - i >= 2) {
        runs.add("from " + from + " to " + question.placeText(places.get(last)));
        i = last;
      } else {
        runs.add("at " + from);
      }
    }
    String unit =
        question.form() == Question.Form.PERCENTILES ? "" : " " + unitOf(question.across());
    return list(runs) + unit;
  }

  /** The unit in the name of an axis: what follows the last comma, or the name itself. */
  private static String unitOf(String axis) {
    return axis.substring(axis.lastIndexOf(',') + 1).strip();
  }

  private static String list(List<String> words) {
    return words.size() == 1
        ? words.getFirst()
        : String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
  }
}
