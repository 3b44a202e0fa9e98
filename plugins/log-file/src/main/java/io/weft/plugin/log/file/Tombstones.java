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
 * The tombstones of deleted logs: an empty file {@code n<node>.<incarnation>.deleted} for each, in
 * the directory of the logs.
 *
 * <p>Only tombstones of incarnations in the newest view are needed; {@link #forgetBefore} removes
 * older ones. Newer ones belong to starts that this node has not seen in a view, but a view with
 * one of them may still be decided. So this class removes none by itself. A node that repeatedly
 * fails to start leaves an empty file each time, until a later incarnation of it is in a view.
 */
record Tombstones(Path directory) {
  private static final String SUFFIX = ".deleted";

  /** Creates a tombstone and makes it stable. */
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

  /** The tombstones of a node, ascending. */
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
