// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directory of one log, {@code n<node>.<incarnation>}. Thread-safe: each call is one step of
 * the file system, or is made only by the writer of the log.
 *
 * <pre>
 *   segment-0000000007   segments, in full size as soon as they have this name
 *   spare-3              released segments, to be reused by this log
 *   making               a segment that is being filled with zeros
 *   sealed               the log is closed permanently
 * </pre>
 *
 * <p>Segments are reused only by the same log. A paused node may still have the files of its log
 * open; if they became part of another log, its late writes would go there.
 */
final class LogDirectory {
  private static final Pattern NAME = Pattern.compile("n(\\d{1,2})\\.(\\d{1,19})");
  private static final String SEGMENT = "segment-";
  private static final Pattern SEGMENT_NAME = Pattern.compile(SEGMENT + "(\\d{10,18})");
  private static final String SPARE = "spare-";
  private static final String MAKING = "making";
  private static final String SEALED = "sealed";

  /** Bytes of zeros written at a time: 1 MiB. */
  private static final int ZEROS = 1 << 20;

  private final LogId log;
  private final Path path;
  private final Path seal;

  LogDirectory(Path parent, LogId log) {
    this.log = log;
    this.path = parent.resolve(log.toString());
    this.seal = path.resolve(SEALED);
  }

  /** The log of a directory; empty if that is not the directory of a log. */
  static Optional<LogId> logOf(Path directory) {
    Matcher name = NAME.matcher(directory.getFileName().toString());
    try {
      return name.matches()
          ? Optional.of(new LogId(Integer.parseInt(name.group(1)), Long.parseLong(name.group(2))))
          : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /** The segment number of a file; empty if it is no segment. */
  static OptionalLong segmentOf(Path file) {
    Matcher name = SEGMENT_NAME.matcher(file.getFileName().toString());
    return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
  }

  /** The files of all segments of a log, ascending. */
  static List<Path> segmentFiles(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, SEGMENT + "*")) {
      for (Path entry : entries) {
        if (segmentOf(entry).isPresent()) {
          files.add(entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    files.sort(null);
    return files;
  }

  List<Long> segments() throws IOException {
    List<Long> segments = new ArrayList<>();
    for (Path file : list(SEGMENT)) {
      segmentOf(file).ifPresent(segments::add);
    }
    segments.sort(null);
    return segments;
  }

  FileLogSegment open(long segment) throws IOException {
    Path file = pathOf(segment);
    return new FileLogSegment(
        this, SteadyFile.open(file, StandardOpenOption.READ), Files.size(file));
  }

  FileLogSegment create(long segment, long bytes) throws IOException {
    if (segment == 0 && !isThere(path)) {
      makeDirectory();
    }
    checkNotSealed();
    Path file = pathOf(segment);
    if (isThere(file)) {
      throw new WeftException(RedoErrors.LOG_IO, file + " already exists");
    }
    Optional<Path> spare = spare(bytes);
    Path source = spare.isPresent() ? spare.get() : make(segment, bytes);
    Files.move(source, file, StandardCopyOption.ATOMIC_MOVE);
    force(path);
    return new FileLogSegment(
        this, SteadyFile.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE), bytes);
  }

  /** Creates a new segment under another name; if that fails, its space is freed. */
  private Path make(long segment, long bytes) throws IOException {
    Path made = path.resolve(MAKING);
    try {
      writeZeros(made, bytes);
      return made;
    } catch (IOException e) {
      try {
        Files.deleteIfExists(made);
        if (segment == 0) {
          Files.deleteIfExists(path);
        }
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  /** Releases a segment; keeps at most {@code spares} of them for reuse. */
  void release(long segment, int spares) throws IOException {
    checkNotSealed();
    Path file = pathOf(segment);
    List<Path> kept = list(SPARE);
    if (kept.size() < spares) {
      Files.move(file, path.resolve(SPARE + segment), StandardCopyOption.ATOMIC_MOVE);
    } else {
      Files.deleteIfExists(file);
    }
    force(path);
  }

  boolean exists() throws IOException {
    return isThere(path);
  }

  /** Removes the segments first and the seal last, so that a crash leaves no open log. */
  void delete() throws IOException {
    while (isThere(path)) {
      try {
        deleteAllButSeal();
        Files.deleteIfExists(seal);
        Files.deleteIfExists(path);
        force(path.getParent());
      } catch (DirectoryNotEmptyException _) {
        // Another node has sealed it meanwhile.
      }
    }
  }

  private void deleteAllButSeal() throws IOException {
    for (Path file : list("")) {
      if (!file.equals(seal)) {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Creates the mark and makes it stable, also for a log that its node has not created yet. A log
   * that another node deletes meanwhile needs no mark.
   */
  void seal() throws IOException {
    if (!isThere(path)) {
      makeDirectory();
    }
    try {
      try (FileChannel mark =
          FileChannel.open(seal, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        mark.force(true);
      }
      force(path);
      forceSegments();
    } catch (NoSuchFileException e) {
      if (isThere(path) || !isThere(path.getParent())) {
        throw e;
      }
    }
  }

  /**
   * Forces the segments of a failed node. Recovery reads records that the node has written and not
   * forced, and may have applied them to one block of a change and not yet to the next. If a power
   * failure then removed them, half a change would be left.
   */
  private void forceSegments() throws IOException {
    for (Path file : list(SEGMENT)) {
      try (SteadyFile segment = SteadyFile.open(file, StandardOpenOption.READ)) {
        segment.use(channel -> channel.force(false));
      }
    }
  }

  private void makeDirectory() throws IOException {
    try {
      Files.createDirectory(path);
    } catch (FileAlreadyExistsException _) {
      // Its node has just created it.
    }
    force(path.getParent());
  }

  boolean isSealed() {
    return looked(seal);
  }

  /**
   * Whether a file exists; an I/O error does not count as missing, because a node must not write to
   * its sealed log.
   */
  private static boolean looked(Path file) {
    try {
      return isThere(file);
    } catch (IOException e) {
      throw LogIoErrors.of("look for " + file, e);
    }
  }

  /** Whether a file exists; unlike {@link Files#exists}, it reports an error of the device. */
  static boolean isThere(Path file) throws IOException {
    return file.getFileSystem().provider().readAttributesIfExists(file, BasicFileAttributes.class)
        != null;
  }

  /** The check before each write: one call of the file system. */
  void checkNotSealed() {
    if (isSealed()) {
      throw new WeftException(
          RedoErrors.LOG_SEALED,
          "log " + log + " has been sealed (" + seal + "): this node has been evicted");
    }
    if (!looked(path.getParent())) {
      throw new WeftException(
          RedoErrors.LOG_IO,
          "the directory of logs "
              + path.getParent()
              + " does not exist any more, with log "
              + log
              + ": is its storage still mounted?");
    }
    if (!looked(path)) {
      throw new WeftException(
          RedoErrors.LOG_SEALED,
          "log " + log + " has been removed (" + path + "): this node has been evicted");
    }
  }

  private Optional<Path> spare(long bytes) throws IOException {
    for (Path file : list(SPARE)) {
      if (Files.size(file) == bytes) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /**
   * Fills a file with zeros. They are really written, so that later neither the file's size nor its
   * allocation changes, and a force has to write only the data.
   */
  private static void writeZeros(Path file, long bytes) throws IOException {
    try (SteadyFile made =
        SteadyFile.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS, bytes));
      made.use(
          channel -> {
            channel.truncate(0);
            for (long at = 0; at < bytes; ) {
              zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
              at += channel.write(zeros, at);
            }
            channel.force(true);
          });
    }
  }

  private List<Path> list(String prefix) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, prefix + "*")) {
      entries.forEach(files::add);
    } catch (NoSuchFileException _) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    files.sort(null);
    return files;
  }

  private Path pathOf(long segment) {
    return path.resolve(String.format(Locale.ROOT, "%s%010d", SEGMENT, segment));
  }

  /** Forces a directory, so that created and removed names are stable. */
  static void force(Path directory) throws IOException {
    try (SteadyFile file = SteadyFile.open(directory, StandardOpenOption.READ)) {
      file.use(channel -> channel.force(true));
    }
  }
}
