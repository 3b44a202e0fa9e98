// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import io.weft.api.WeftException;
import io.weft.spi.redo.RedoErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * What operators have decided to give up, one line each, beside the data it is about, where it is
 * found later. Written and forced before the decision takes effect.
 */
final class OperatorLog {
  static final String FILE_NAME = "weft-operator.log";

  private OperatorLog() {}

  static void write(Path directory, String decision) {
    Path file = directory.resolve(FILE_NAME);
    String line =
        Instant.now()
            + " "
            + System.getProperty("user.name")
            + " "
            + decision
            + System.lineSeparator();
    try {
      Files.writeString(
          file,
          line,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          StandardOpenOption.SYNC);
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true); // the name may be new
      }
    } catch (IOException e) {
      throw new WeftException(
          RedoErrors.LOG_IO, "cannot write to " + file + ", so nothing was done: " + e, e);
    }
  }
}
