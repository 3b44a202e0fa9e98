// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.spi.redo.LogId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which logs have been deleted on purpose: an empty file {@code n<node>.<incarnation>.deleted} for
 * each, beside the logs.
 *
 * <p>Only the tombstones of lives that the newest view knows are ever asked for; {@link
 * #forgetBefore} removes older ones. Later ones belong to starts that have not been in a view, as
 * far as this node knows; the record of a view with one of them may still be accepted. This class
 * cannot tell, so it removes none by itself. A node that starts and fails again and again leaves an
 * empty file each time, until a later life of it is in a view.
 */
record Tombstones(Path directory) {
  private static final String SUFFIX = ".deleted";

  /** Makes one, and makes it stable. */
  void make(LogId log) throws IOException {
    try (FileChannel file =
        FileChannel.open(path(log), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.force(true);
    }
    LogDirectory.force(directory);
  }

  boolean has(LogId log) throws IOException {
    return LogDirectory.isThere(path(log));
  }

  void forgetBefore(LogId log) throws IOException {
    for (LogId old : of(log.node())) {
      if (old.incarnation() < log.incarnation()) {
        Files.deleteIfExists(path(old));
      }
    }
  }

  Path path(LogId log) {
    return directory.resolve(log + SUFFIX);
  }

  /** Those of a node, ascending. */
  private List<LogId> of(int node) throws IOException {
    List<LogId> logs = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, "n" + node + ".*" + SUFFIX)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        Optional<LogId> log =
            LogDirectory.logOf(
                directory.resolve(name.substring(0, name.length() - SUFFIX.length())));
        log.ifPresent(logs::add);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    logs.sort(null);
    return logs;
  }
}
