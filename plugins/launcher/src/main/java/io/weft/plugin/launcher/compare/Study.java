// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.List;

/**
 * How the plugins of one interface are compared.
 *
 * @param spi section of the configuration that chooses the plugin, without {@code weft}
 * @param noun what the plugins are, in the plural
 * @param processes how many processes each plugin needs
 * @param steps what one round measures of each plugin, in this order
 * @param questions what is answered
 * @param setting the conditions of the measurement, in a few sentences
 */
public record Study(
    String spi,
    String noun,
    int processes,
    List<String> steps,
    List<Question> questions,
    String setting) {
  /** Copies the lists. */
  public Study {
    steps = List.copyOf(steps);
    questions = List.copyOf(questions);
  }
}
