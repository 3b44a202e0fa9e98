// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.compare.Question.Form;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A comparison as one HTML page that needs nothing else: neither scripts nor other files. */
public final class ComparisonPage {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Comparison comparison;
  private final Assessment verdict;
  private final Markup page = new Markup();

  private ComparisonPage(Comparison comparison) {
    this.comparison = comparison;
    this.verdict = new Assessment(comparison);
  }

  /** The page. */
  public static String of(Comparison comparison) {
    ComparisonPage page = new ComparisonPage(comparison);
    page.write();
    return page.page.toString();
  }

  private static String escaped(String text) {
    return Markup.escaped(text);
  }

  private void write() {
    String title = title();
    page.addAll("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    page.addAll("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.addAll("<meta name=\"color-scheme\" content=\"light dark\">");
    page.add("<title>%s</title>", escaped(title));
    page.addAll("<style>\n" + style() + "</style>\n</head>\n<body>\n<main>\n<header>");
    page.add("<h1>%s</h1>", escaped(title));
    page.add("<p class=\"lead\">%s</p>", lead());
    page.addAll("</header>");
    failures();
    if (!comparison.measured().isEmpty()) {
      glance();
      page.addAll("<div class=\"figures\">");
      comparison.study().questions().stream()
          .filter(question -> !comparison.places(question).isEmpty())
          .forEach(this::figure);
      page.addAll("</div>");
    }
    conditions();
    settings();
    page.addAll("</main>\n</body>\n</html>");
  }

  private static String style() {
    try (InputStream in = ComparisonPage.class.getResourceAsStream("page.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the style sheet cannot be read", e);
    }
  }

  private String title() {
    String noun = comparison.study().noun();
    String names = String.join(" · ", comparison.subjects().stream().map(Subject::id).toList());
    return noun.substring(0, 1).toUpperCase(Locale.ROOT) + noun.substring(1) + ": " + names;
  }

  private String lead() {
    Machine machine = comparison.machine();
    return escaped(
        DATE.format(comparison.began())
            + " · "
            + machine.processors()
            + " × "
            + machine.processor()
            + " · load "
            + Machine.load(comparison.loadBefore())
            + " before, "
            + Machine.load(comparison.loadAfter())
            + " after · "
            + comparison.rounds()
            + " rounds");
  }

  private void failures() {
    for (Subject failed : comparison.failed()) {
      page.add(
          "<section class=\"failure\"><h2>%s failed</h2><p>%s</p><p class=\"how\">Module %s, %s."
              + " The other plugins were measured without it.</p></section>",
          escaped(failed.id()),
          escaped(failed.failure().orElse("")),
          escaped(failed.module()),
          escaped(failed.location()));
    }
  }

  // ---- all questions at a glance

  private void glance() {
    page.addAll("<section>\n<h2>At a glance</h2>\n<div class=\"wide\"><table class=\"glance\">");
    page.addAll("<thead><tr><th></th>");
    for (Subject subject : comparison.measured()) {
      page.add("<th>%s</th>", name(subject));
    }
    page.addAll("</tr></thead>\n<tbody>");
    for (Question question : comparison.study().questions()) {
      List<String> places = comparison.places(question);
      for (String place : question.form() == Form.CASES ? places : headline(places)) {
        glance(question, place);
      }
    }
    page.addAll("</tbody></table></div>");
    page.addAll(
        "<p class=\"how\">Medians of the rounds. Bold: better than the others, or equal to the"
            + " best, as far as the spread of the rounds tells.</p>\n</section>");
  }

  private static List<String> headline(List<String> places) {
    return places.stream().filter(place -> place.equals("50")).findFirst().stream()
        .findAny()
        .map(List::of)
        .orElse(places.isEmpty() ? List.of() : List.of(places.get(places.size() / 2)));
  }

  private void glance(Question question, String place) {
    List<String> best = verdict.best(question, place);
    boolean all = best.size() == comparison.measured().size();
    page.add(
        "<tr><th scope=\"row\"><a href=\"#%s\">%s</a><span>%s</span></th>",
        question.key(), escaped(question.brief(place)), escaped(question.placeLabel(place)));
    for (Subject subject : comparison.measured()) {
      String text =
          comparison
              .spread(question, place, subject)
              .map(spread -> question.text(spread.median()))
              .orElse("–");
      boolean bold = !all && best.contains(subject.id());
      page.add(bold ? "<td><b>%s</b></td>" : "<td>%s</td>", escaped(text));
    }
    page.addAll("</tr>");
  }

  private String name(Subject subject) {
    Marker marker = new Marker(comparison.subjects().indexOf(subject));
    Markup svg = new Markup();
    marker.draw(svg, 6, 6);
    return "<span class=\"key "
        + marker.style()
        + "\"><svg width=\"12\" height=\"12\" aria-hidden=\"true\">"
        + svg.toString().strip()
        + "</svg>"
        + escaped(subject.id())
        + "</span>";
  }

  // ---- one question

  private void figure(Question question) {
    page.add("<figure id=\"%s\">", question.key());
    page.add("<figcaption><h2>%s</h2>", escaped(question.title()));
    page.add("<p>%s</p></figcaption>", escaped(verdict.of(question)));
    page.addAll(
        question.form() == Form.CASES
            ? CaseChart.svg(comparison, question)
            : LineChart.svg(comparison, question));
    page.add("<p class=\"how\">%s</p>", escaped(question.how()));
    page.addAll("<details><summary>All figures</summary>\n<div class=\"wide\"><table>");
    page.add("<thead><tr><th>%s</th>", escaped(question.across()));
    for (Subject subject : comparison.measured()) {
      page.add(
          "<th>%s</th>",
          escaped(subject.id() + (question.unit().isEmpty() ? "" : ", " + question.unit())));
      if (!isReference(subject)) {
        page.add("<th>: %s</th>", escaped(comparison.reference().orElseThrow().id()));
      }
    }
    page.addAll("<th>samples</th></tr></thead>\n<tbody>");
    comparison.places(question).forEach(place -> row(question, place));
    page.addAll("</tbody></table></div></details>\n</figure>");
  }

  private boolean isReference(Subject subject) {
    return comparison.reference().equals(Optional.of(subject));
  }

  private void row(Question question, String place) {
    page.add("<tr><th scope=\"row\">%s</th>", escaped(Numbers.grouped(place)));
    long samples = 0;
    for (Subject subject : comparison.measured()) {
      cell(comparison.spread(question, place, subject), "");
      if (!isReference(subject)) {
        cell(comparison.ratio(question, place, subject), " ×");
      }
      samples += comparison.values().samples(question.key(), place, subject.id());
    }
    page.add("<td>%s</td></tr>", Numbers.grouped("" + samples));
  }

  private void cell(Optional<Spread> spread, String unit) {
    page.add(
        "<td>%s%s<span>%s</span></td>",
        spread.map(Spread::middle).orElse("–"),
        spread.isPresent() ? unit : "",
        spread.map(Spread::range).orElse(""));
  }

  // ---- where and how

  private void conditions() {
    Machine machine = comparison.machine();
    page.addAll("<section>\n<h2>How this was measured</h2>");
    page.add("<p>%s</p>", escaped(comparison.study().setting()));
    page.addAll(
        "<p>Each plugin is measured in processes of its own, which load it as a node does. In every"
            + " round each step is measured of one plugin after the other, and another plugin"
            + " begins; a first round to warm up does not count. A line shows the median of the"
            + " rounds, its band their spread: the range without the lowest and the highest tenth"
            + " (of fewer than eight rounds, the whole range). Ratios are taken within each round."
            + " Plugins are called equal where the differences of the rounds do not all point the"
            + " same way within that range, or where they are smaller than 3 per cent.</p>\n<dl>");
    fact("Command", "<code>" + escaped(comparison.command()) + "</code>");
    fact("Began", escaped(comparison.began().toString()));
    fact(
        "Took",
        comparison.took()
            + " s, "
            + comparison.rounds()
            + " rounds ("
            + comparison.seconds()
            + " s asked for)");
    fact("Machine", escaped(machine.processors() + " × " + machine.processor()));
    fact("Memory", Numbers.grouped("" + machine.memoryMiB()) + " MiB");
    fact("Kernel", escaped(machine.kernel()));
    fact("Java", escaped(machine.jdk()));
    fact(
        "Load",
        Machine.load(comparison.loadBefore())
            + " before, "
            + Machine.load(comparison.loadAfter())
            + " after (mean over a minute)");
    page.addAll("</dl>\n</section>");
  }

  private void fact(String name, String value) {
    page.add("<dt>%s</dt><dd>%s</dd>", name, value);
  }

  private static String origin(Subject subject) {
    String version = subject.version().isEmpty() ? "" : ", version " + subject.version();
    return "Module " + subject.module() + version + ", " + subject.location();
  }

  private void settings() {
    page.addAll("<section>\n<h2>Plugins and settings</h2>");
    for (Subject subject : comparison.subjects()) {
      page.add(
          "<details open><summary>%s</summary><p class=\"how\">%s</p>",
          name(subject), escaped(origin(subject)));
      if (subject.settings().isEmpty()) {
        page.addAll("<p class=\"how\">No settings.</p></details>");
        continue;
      }
      page.addAll("<div class=\"wide\"><table class=\"settings\"><tbody>");
      for (Subject.Setting setting : subject.settings()) {
        page.add(
            "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>",
            escaped(setting.key()),
            escaped(setting.value()),
            setting.standard() ? "default" : "<b>set</b>");
      }
      page.addAll("</tbody></table></div></details>");
    }
    page.addAll("</section>");
  }
}
