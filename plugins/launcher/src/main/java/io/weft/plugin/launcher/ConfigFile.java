// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.plugin.assembly.Assembly;
import io.weft.plugin.assembly.Plan;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names a configuration. */
final class ConfigFile {
  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "The configuration of the node, in HOCON.")
  private Path file;

  /** For picocli. */
  ConfigFile() {}

  Path file() {
    return file;
  }

  /** The node that the file describes. */
  Plan plan() {
    return Distribution.with(Assembly.of(file)).plan();
  }
}
