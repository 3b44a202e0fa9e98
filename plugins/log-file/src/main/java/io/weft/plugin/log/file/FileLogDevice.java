// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.spi.node.StoragePlace;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Redo logs in preallocated files of a directory that all nodes share. Thread-safe.
 *
 * <p>Plain files cannot refuse a write that has begun. The seal is checked before each write; a
 * node that is paused between the check and the write, evicted, and resumed later writes to a
 * sealed log. The membership lease bounds that window: it is checked immediately before, and a node
 * that reads the log has waited until the lease has expired.
 */
public final class FileLogDevice implements LogDevice {
  /** Name of the directory with the logs. */
  static final String SUBDIRECTORY = "redo";

  private final Path directory;
  private final int spareSegments;
  private final Tombstones tombstones;

  /** Creates a device; {@link #open} opens it. */
  @Inject
  public FileLogDevice(FileLogDeviceSettings settings, FileSystem files) {
    this(settings.path(files), settings.spareSegments());
  }

  /** Creates a device on the default file system; {@link #open} opens it. */
  public FileLogDevice(FileLogDeviceSettings settings) {
    this(settings, FileSystems.getDefault());
  }

  /** Creates a device in a directory of any file system. */
  FileLogDevice(Path directory, int spareSegments) {
    this.directory = directory.resolve(SUBDIRECTORY);
    this.spareSegments = spareSegments;
    this.tombstones = new Tombstones(this.directory);
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public Optional<StoragePlace> place() {
    return Optional.of(new LogPlace(directory));
  }

  @Override
  public void open() {
    run(
        "open the directory of logs " + directory,
        () -> {
          Files.createDirectories(directory);
          LogDirectory.force(directory.getParent());
          LogDirectory.force(directory);
        });
  }

  @Override
  public List<LogId> logs() {
    return call(
        "list " + directory,
        () -> {
          List<LogId> logs = new ArrayList<>();
          try (DirectoryStream<Path> entries =
              Files.newDirectoryStream(directory, Files::isDirectory)) {
            entries.forEach(entry -> LogDirectory.logOf(entry).ifPresent(logs::add));
          } catch (DirectoryIteratorException e) {
            throw e.getCause();
          }
          logs.sort(null);
          return logs;
        });
  }

  @Override
  public List<Long> segments(LogId log) {
    return call("list log " + log + " in " + directory, () -> of(log).segments());
  }

  @Override
  public LogSegment create(LogId log, long segment, long bytes) {
    return call(
        "make segment " + segment + " of log " + log + " in " + directory,
        () -> of(log).create(segment, bytes));
  }

  @Override
  public LogSegment open(LogId log, long segment) {
    return call(
        "open segment " + segment + " of log " + log + " in " + directory,
        () -> of(log).open(segment));
  }

  @Override
  public void release(LogId log, long segment) {
    run(
        "give back segment " + segment + " of log " + log + " in " + directory,
        () -> of(log).release(segment, spareSegments));
  }

  @Override
  public void delete(LogId log) {
    run(
        "remove log " + log + " from " + directory,
        () -> {
          if (of(log).exists()) {
            tombstones.make(log);
            of(log).delete();
          }
        });
  }

  @Override
  public boolean wasDeleted(LogId log) {
    return call("look for the tombstone of " + log + " in " + directory, () -> tombstones.has(log));
  }

  @Override
  public void forgetBefore(LogId log) {
    run(
        "remove old tombstones of n" + log.node() + " in " + directory,
        () -> tombstones.forgetBefore(log));
  }

  @Override
  public String acceptLossOf(LogId log) {
    return "an empty file "
        + tombstones.path(log)
        + " says that what the log had may be lost; the nodes then go on without it";
  }

  @Override
  public void seal(LogId log) {
    run("seal log " + log + " in " + directory, () -> of(log).seal());
  }

  @Override
  public boolean isSealed(LogId log) {
    return of(log).isSealed();
  }

  @Override
  public void close() {}

  private LogDirectory of(LogId log) {
    return new LogDirectory(directory, log);
  }

  private static void run(String what, Step step) {
    try {
      step.run();
    } catch (IOException e) {
      throw LogIoErrors.of(what, e);
    }
  }

  private static <T> T call(String what, Question<T> question) {
    try {
      return question.ask();
    } catch (IOException e) {
      throw LogIoErrors.of(what, e);
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask() throws IOException;
  }
}
