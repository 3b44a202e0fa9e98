// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command lines of the distribution that the build has made. */
final class DistributionCommand {
  private static final Path DISTRIBUTION = Path.of("target", "weft").toAbsolutePath();
  private static final String MAIN = "io.weft.plugin.launcher/io.weft.plugin.launcher.Main";

  private DistributionCommand() {}

  /**
   * The {@code weft} command.
   *
   * @param directory of the test, where temporary files go
   */
  static List<String> of(Path directory, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("@" + DISTRIBUTION.resolve("java.args"));
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")));
    command.addAll(List.of("-p", DISTRIBUTION.resolve("lib").toString(), "-m", MAIN));
    command.addAll(arguments);
    return command;
  }
}
