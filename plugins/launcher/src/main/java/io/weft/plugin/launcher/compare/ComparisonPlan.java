// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * What is to be compared, and how.
 *
 * @param study of the interface
 * @param candidates the plugins, without settings
 * @param overrides settings of the operator, lines of HOCON
 * @param directory for the files of this comparison; must exist
 * @param seconds how long to measure, about
 * @param rounds most rounds
 * @param command the command that the operator has given
 * @param processes makes the command line of a process that measures, from the file of its
 *     configuration
 */
public record ComparisonPlan(
    Study study,
    List<Subject> candidates,
    List<String> overrides,
    Path directory,
    int seconds,
    int rounds,
    String command,
    Function<Path, List<String>> processes) {
  /** Copies the lists. */
  public ComparisonPlan {
    candidates = List.copyOf(candidates);
    overrides = List.copyOf(overrides);
  }
}
