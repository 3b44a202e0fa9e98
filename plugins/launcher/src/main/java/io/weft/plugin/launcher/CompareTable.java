// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.launcher.compare.Assessment;
import io.weft.plugin.launcher.compare.Comparison;
import io.weft.plugin.launcher.compare.Question;
import io.weft.plugin.launcher.compare.Spread;
import io.weft.plugin.launcher.compare.Subject;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A comparison as text for a terminal. */
final class CompareTable {
  private final Comparison comparison;
  private final PrintWriter out;

  private CompareTable(Comparison comparison, PrintWriter out) {
    this.comparison = comparison;
    this.out = out;
  }

  static void print(Comparison comparison, PrintWriter out) {
    new CompareTable(comparison, out).print();
  }

  private void print() {
    Assessment verdict = new Assessment(comparison);
    for (Question question : comparison.study().questions()) {
      if (!comparison.places(question).isEmpty()) {
        out.println(question.title());
        print(question);
        out.println("  " + verdict.of(question));
        out.println();
      }
    }
    for (Subject failed : comparison.failed()) {
      out.println(failed.id() + " FAILED: " + failed.failure().orElse(""));
    }
    out.printf(
        "%d rounds in %d s, load %.1f before and %.1f after%n",
        comparison.rounds(), comparison.took(), comparison.loadBefore(), comparison.loadAfter());
    out.flush();
  }

  private void print(Question question) {
    Columns columns = new Columns();
    List<String> head = new ArrayList<>();
    String unit = question.unit().isEmpty() ? "" : ", " + question.unit();
    head.add("  " + (question.across().isEmpty() ? "CASE" : question.across()));
    for (Subject subject : comparison.measured()) {
      head.add(subject.id() + unit);
      head.add("(rounds)");
      if (!comparison.reference().equals(Optional.of(subject))) {
        head.add("ratio");
        head.add("(rounds)");
      }
    }
    columns.row(head.toArray(String[]::new));
    for (String place : comparison.places(question)) {
      List<String> row = new ArrayList<>();
      row.add("  " + place);
      for (Subject subject : comparison.measured()) {
        cells(comparison.spread(question, place, subject), row);
        if (!comparison.reference().equals(Optional.of(subject))) {
          cells(comparison.ratio(question, place, subject), row);
        }
      }
      columns.row(row.toArray(String[]::new));
    }
    columns.print(out);
  }

  private static void cells(Optional<Spread> spread, List<String> row) {
    row.add(spread.map(Spread::middle).orElse("-"));
    row.add(spread.map(one -> one.range().isEmpty() ? "" : "(" + one.range() + ")").orElse(""));
  }
}
