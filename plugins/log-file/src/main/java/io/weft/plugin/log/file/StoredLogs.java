// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads logs outside of a node: those of a directory, one log, or one segment. Changes nothing.
 * Thread-safe.
 */
public final class StoredLogs implements LogDevice {
  private final Map<LogId, LogDirectory> logs;
  private final List<Long> only;

  private StoredLogs(Map<LogId, LogDirectory> logs, List<Long> only) {
    this.logs = logs;
    this.only = only;
  }

  /**
   * Opens a path: a directory of logs, the directory of one ({@code n1.1700000000000}), or a
   * segment in one.
   *
   * @throws WeftException {@link RedoErrors#LOG_IO} if it is none of them
   */
  public static StoredLogs open(Path path) {
    try {
      Path real = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
      if (Files.isDirectory(real)) {
        Map<LogId, LogDirectory> found = logsIn(real);
        if (!found.isEmpty()) {
          return new StoredLogs(found, List.of());
        }
      } else if (Files.exists(real)) {
        long segment = LogDirectory.segmentOf(real).orElse(-1);
        Map<LogId, LogDirectory> found = logAt(real.getParent());
        if (segment >= 0 && !found.isEmpty()) {
          return new StoredLogs(found, List.of(segment));
        }
      }
    } catch (IOException e) {
      throw LogIoErrors.of("read " + path, e);
    }
    throw new WeftException(
        RedoErrors.LOG_IO,
        path
            + " is neither a directory of logs, nor a log (a directory n<node>.<incarnation>), nor"
            + " a segment in one");
  }

  private static Map<LogId, LogDirectory> logsIn(Path directory) throws IOException {
    Map<LogId, LogDirectory> found = logAt(directory);
    if (found.isEmpty()) {
      try (DirectoryStream<Path> entries =
          Files.newDirectoryStream(directory, Files::isDirectory)) {
        entries.forEach(entry -> found.putAll(logAt(entry)));
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    return found;
  }

  private static Map<LogId, LogDirectory> logAt(Path directory) {
    Map<LogId, LogDirectory> found = new TreeMap<>();
    LogDirectory.logOf(directory)
        .ifPresent(log -> found.put(log, new LogDirectory(directory.getParent(), log)));
    return found;
  }

  @Override
  public String name() {
    return "stored";
  }

  @Override
  public void open() {}

  @Override
  public List<LogId> logs() {
    return new ArrayList<>(logs.keySet());
  }

  @Override
  public List<Long> segments(LogId log) {
    try {
      return only.isEmpty() ? of(log).segments() : only;
    } catch (IOException e) {
      throw LogIoErrors.of("list log " + log, e);
    }
  }

  @Override
  public LogSegment open(LogId log, long segment) {
    try {
      return of(log).open(segment);
    } catch (IOException e) {
      throw LogIoErrors.of("open segment " + segment + " of log " + log, e);
    }
  }

  @Override
  public boolean isSealed(LogId log) {
    return of(log).isSealed();
  }

  @Override
  public LogSegment create(LogId log, long segment, long bytes) {
    throw readOnly();
  }

  @Override
  public void release(LogId log, long segment) {
    throw readOnly();
  }

  @Override
  public void delete(LogId log) {
    throw readOnly();
  }

  @Override
  public void seal(LogId log) {
    throw readOnly();
  }

  @Override
  public void close() {}

  private LogDirectory of(LogId log) {
    LogDirectory directory = logs.get(log);
    if (directory == null) {
      throw new WeftException(RedoErrors.LOG_IO, "log " + log + " is not among " + logs.keySet());
    }
    return directory;
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("these logs are only read");
  }
}
