// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import io.weft.api.WeftException;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends a damaged log of a failed node before its damage. This is an operator's decision, which
 * gives up the records after it. Copies of the changed files are kept in the same directory under
 * names that no reader uses. After a crash in between, the log can be cut again.
 */
public final class LogCut {
  /** Prefix of the copies of changed files. */
  private static final String ASIDE = "cut-";

  /** Bytes of zeros written at a time: 1 MiB. */
  private static final int ZEROS = 1 << 20;

  private LogCut() {}

  /**
   * Cuts a log.
   *
   * @param directory of the log ({@code n<node>.<incarnation>}), which is sealed
   * @param segmentBytes size of its segments
   * @param end LSN at which its last whole record ends; 0 if there is none
   * @return the copies of the changed files
   */
  public static List<Path> cut(Path directory, long segmentBytes, long end) {
    LogId log =
        LogDirectory.logOf(directory)
            .orElseThrow(
                () ->
                    new WeftException(RedoErrors.LOG_IO, directory + " is no directory of a log"));
    try {
      List<Path> aside = new ArrayList<>();
      List<Path> segments = new ArrayList<>();
      LogDirectory.segmentFiles(directory).forEach(segments::add);
      for (Path file : segments.reversed()) { // the last one first: no gap in between
        long start = LogDirectory.segmentOf(file).orElseThrow() * segmentBytes;
        if (end == 0 || start >= end) {
          Path kept = directory.resolve(ASIDE + file.getFileName());
          Files.move(file, kept, StandardCopyOption.ATOMIC_MOVE);
          aside.add(kept);
        } else if (end < start + segmentBytes) {
          Path kept = directory.resolve(ASIDE + file.getFileName());
          Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
          force(kept);
          LogDirectory.force(directory); // before the original is removed
          aside.add(kept);
          clear(file, end - start);
        }
      }
      LogDirectory.force(directory);
      return aside;
    } catch (IOException e) {
      throw LogIoErrors.of("cut log " + log, e);
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void clear(Path file, long from) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocate(ZEROS);
      for (long at = from; at < channel.size(); ) {
        zeros.clear().limit((int) Math.min(ZEROS, channel.size() - at));
        at += channel.write(zeros, at);
      }
      channel.force(true);
    }
  }
}
