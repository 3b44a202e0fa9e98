// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** A comparison as a JSON object; docs/plugins/compare.md describes its fields. */
public final class ComparisonJson {
  /** Grows when a field changes its meaning or goes. */
  private static final int FORMAT = 1;

  private final Comparison comparison;
  private final Assessment verdict;

  private ComparisonJson(Comparison comparison) {
    this.comparison = comparison;
    this.verdict = new Assessment(comparison);
  }

  /** The object. */
  public static ObjectNode of(Comparison comparison) {
    return new ComparisonJson(comparison).object();
  }

  private ObjectNode object() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("format", FORMAT);
    json.put("spi", comparison.study().spi());
    json.put("command", comparison.command());
    json.put("began", comparison.began().toString());
    json.put("tookSeconds", comparison.took());
    json.put("rounds", comparison.rounds());
    json.put("secondsAskedFor", comparison.seconds());
    json.put("setting", comparison.study().setting());
    machine(json.putObject("machine"));
    comparison.reference().ifPresent(first -> json.put("reference", first.id()));
    ArrayNode plugins = json.putArray("plugins");
    comparison.subjects().forEach(subject -> subject(subject, plugins.addObject()));
    ArrayNode questions = json.putArray("questions");
    comparison.study().questions().forEach(one -> question(one, questions.addObject()));
    return json;
  }

  private void machine(ObjectNode json) {
    Machine machine = comparison.machine();
    json.put("processor", machine.processor());
    json.put("processors", machine.processors());
    json.put("memoryMiB", machine.memoryMiB());
    json.put("kernel", machine.kernel());
    json.put("jdk", machine.jdk());
    json.put("loadBefore", comparison.loadBefore());
    json.put("loadAfter", comparison.loadAfter());
  }

  private static void subject(Subject subject, ObjectNode json) {
    json.put("id", subject.id());
    json.put("module", subject.module());
    json.put("version", subject.version());
    json.put("jar", subject.location());
    subject.failure().ifPresent(why -> json.put("failure", why));
    ArrayNode settings = json.putArray("settings");
    for (Subject.Setting setting : subject.settings()) {
      settings
          .addObject()
          .put("key", setting.key())
          .put("value", setting.value())
          .put("default", setting.standard());
    }
  }

  private void question(Question question, ObjectNode json) {
    json.put("key", question.key());
    json.put("title", question.title());
    json.put("measures", question.up());
    json.put("unit", question.unit());
    json.put("better", question.better().name().toLowerCase(Locale.ROOT));
    json.put("across", question.across());
    json.put("how", question.how());
    json.put("verdict", verdict.of(question));
    ArrayNode values = json.putArray("values");
    for (String place : comparison.places(question)) {
      for (Subject subject : comparison.measured()) {
        comparison
            .spread(question, place, subject)
            .ifPresent(spread -> value(question, place, subject, spread, values.addObject()));
      }
    }
  }

  private void value(
      Question question, String place, Subject subject, Spread spread, ObjectNode json) {
    json.put("at", place);
    json.put("plugin", subject.id());
    spread(spread, json);
    Values values = comparison.values();
    json.put("samples", values.samples(question.key(), place, subject.id()));
    ArrayNode rounds = json.putArray("rounds");
    values.rounds(question.key(), place, subject.id()).forEach(rounds::add);
    comparison
        .ratio(question, place, subject)
        .ifPresent(ratio -> spread(ratio, json.putObject("ratio")));
  }

  private static void spread(Spread spread, ObjectNode json) {
    json.put("median", spread.median());
    json.put("low", spread.low());
    json.put("high", spread.high());
  }
}
