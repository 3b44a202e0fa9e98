// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.ConfigOrigin;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place of a value in the configuration.
 *
 * @param file the file as it was named, or the jar and the file in it
 * @param line from 1; 0 if the value was not read from text
 */
public record Place(String file, int line) {
  /** The form in which the configuration library describes places; it may name several. */
  private static final Pattern DESCRIPTION =
      Pattern.compile("(?:merge of )?([^,]*?)(?:: (\\d+)(?:-\\d+)?)?(?:,.*)?");

  static Place of(ConfigOrigin origin) {
    Matcher matcher = DESCRIPTION.matcher(origin.description());
    if (!matcher.matches()) {
      return new Place(origin.description(), Math.max(origin.lineNumber(), 0));
    }
    int line = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
    return new Place(matcher.group(1), line);
  }

  @Override
  public String toString() {
    return line > 0 ? file + ":" + line : file;
  }
}
