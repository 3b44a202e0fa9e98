// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import java.util.Locale;

/** Text of HTML and SVG. Used by one thread. */
final class Markup {
  private final StringBuilder text = new StringBuilder();

  /** Adds a line; values that are text of others have to be {@link #escaped}. */
  void add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** Adds markup as it is. */
  void addAll(String markup) {
    text.append(markup).append('\n');
  }

  /** Text that means itself, in elements and in attributes. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
