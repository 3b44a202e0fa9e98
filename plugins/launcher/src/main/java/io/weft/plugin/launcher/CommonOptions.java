// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import picocli.CommandLine.Option;

/** The options of all commands of this package. */
final class CommonOptions {
  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log details, and show where errors come from.")
  private boolean verbose;

  /** For picocli. */
  CommonOptions() {}

  boolean json() {
    return json;
  }

  boolean verbose() {
    return verbose;
  }
}
