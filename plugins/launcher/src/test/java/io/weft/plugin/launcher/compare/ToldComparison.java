// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import io.weft.plugin.launcher.compare.Question.Better;
import io.weft.plugin.launcher.compare.Question.Form;
import io.weft.plugin.launcher.probe.MeasuredValue;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Comparisons whose values are told. */
final class ToldComparison {
  static final Question LATENCY =
      new Question(
          "latency",
          "How long?",
          Form.PERCENTILES,
          "percentile",
          "round trip",
          "µs",
          Better.LOWER,
          List.of("50", "90", "99"),
          "How it is measured.");

  static final Question RATE =
      new Question(
          "rate",
          "How much?",
          Form.LINES,
          "message, bytes",
          "throughput",
          "MB/s",
          Better.HIGHER,
          List.of("64", "512", "4096", "8192"),
          "How it is measured.");

  static final Question CASES =
      new Question(
          "cases",
          "In which case?",
          Form.CASES,
          "",
          "share",
          "%",
          Better.LOWER,
          List.of("this", "that"),
          "How it is measured.");

  private final Values values = new Values();

  /** Tells the values of the rounds. */
  ToldComparison tell(Question question, String place, String plugin, double... rounds) {
    for (int round = 0; round < rounds.length; round++) {
      values.add(plugin, round, new MeasuredValue(question.key(), place, rounds[round], 10));
    }
    return this;
  }

  Comparison of(List<Question> questions, Subject... subjects) {
    return new Comparison(
        new Study("things", "things", 1, List.of("step"), questions, "On a desk."),
        List.of(subjects),
        values,
        3,
        1,
        "weft compare --spi '<things>'",
        Instant.EPOCH,
        2,
        new Machine("A <fast> processor", 2, 2_048, "Linux 6", "JDK 25"),
        0.25,
        -1);
  }

  static Subject working(String id, Subject.Setting... settings) {
    return new Subject(id, "third." + id, "1", id + ".jar", List.of(settings), Optional.empty());
  }

  static Subject failing(String id, String why) {
    return new Subject(id, "third." + id, "1", id + ".jar", List.of(), Optional.of(why));
  }
}
