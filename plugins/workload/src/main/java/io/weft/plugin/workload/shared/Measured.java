// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * How reports tell a figure of which nothing may have been measured: as the number, or not at all,
 * but never as zero.
 */
public final class Measured {
  private static final String NOTHING = "-";

  private Measured() {}

  /** Adds the figure for machines, if there is one. */
  public static void put(ObjectNode to, String field, OptionalDouble figure) {
    figure.ifPresent(value -> to.put(field, value));
  }

  /** The figure for people, in the format of {@link String#format}; a dash if there is none. */
  public static String text(String format, OptionalDouble figure) {
    return figure.isPresent() ? String.format(Locale.ROOT, format, figure.getAsDouble()) : NOTHING;
  }
}
