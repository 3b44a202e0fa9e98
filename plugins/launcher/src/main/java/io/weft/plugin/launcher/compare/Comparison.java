// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What came out.
 *
 * @param study what was asked
 * @param subjects the plugins; ratios are to the first one that was measured to the end
 * @param values what was measured
 * @param rounds number of rounds that count
 * @param seconds how long the measurement was to take
 * @param command the command that made it
 * @param began when it began
 * @param took how long it took, in seconds
 * @param machine where
 * @param loadBefore load of the machine before
 * @param loadAfter load of the machine after
 */
public record Comparison(
    Study study,
    List<Subject> subjects,
    Values values,
    int rounds,
    int seconds,
    String command,
    Instant began,
    long took,
    Machine machine,
    double loadBefore,
    double loadAfter) {
  /** Copies the list. */
  public Comparison {
    subjects = List.copyOf(subjects);
  }

  /** The plugins that were measured to the end. */
  public List<Subject> measured() {
    return subjects.stream().filter(subject -> subject.failure().isEmpty()).toList();
  }

  /** The plugins that were not. */
  public List<Subject> failed() {
    return subjects.stream().filter(subject -> subject.failure().isPresent()).toList();
  }

  /** The plugin that the ratios refer to. */
  public Optional<Subject> reference() {
    return measured().stream().findFirst();
  }

  /** Whether all plugins were measured to the end. */
  public boolean complete() {
    return failed().isEmpty();
  }

  /** The spread of a plugin's values. */
  public Optional<Spread> spread(Question question, String place, Subject subject) {
    return values.spread(question.key(), place, subject.id());
  }

  /** The spread of the ratios to the reference; empty for the reference itself. */
  public Optional<Spread> ratio(Question question, String place, Subject subject) {
    return reference()
        .filter(first -> !first.equals(subject))
        .flatMap(first -> values.ratio(question.key(), place, subject.id(), first.id()));
  }

  /** The places of a question at which something was measured. */
  public List<String> places(Question question) {
    return question.places().stream()
        .filter(
            place -> measured().stream().anyMatch(one -> spread(question, place, one).isPresent()))
        .toList();
  }
}
