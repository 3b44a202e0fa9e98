// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.storage.StableFile;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Checks the storage directory, and creates complete files in it. */
final class Directories {
  /** The remedy, for messages. */
  private static final String REMEDY = "; change weft.store.file.directory or its rights";

  /** Most copies of one block in one version. */
  private static final int MAX_COPIES = 1_000;

  private Directories() {}

  /** Creates the directory if it is missing, and checks that this user may read and write it. */
  static void prepare(Path directory) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw notAccessible(directory + " is not a directory");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot create the directory " + directory + ": " + Reason.of(e) + REMEDY,
          e);
    }
    if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
      throw notAccessible("no permission to read the directory " + directory);
    }
    if (!Files.isWritable(directory)) {
      throw notAccessible("no permission to write to the directory " + directory);
    }
  }

  /**
   * Creates a file that appears complete and forced, or not at all; an existing file is left
   * unchanged.
   */
  static void publish(Path file, NodeId node, ByteBuffer content) throws IOException {
    StableFile.publish(file, drafts(file, node.toString()), content);
  }

  /**
   * Saves a copy of a block in a file that appears complete and forced, or not at all. It replaces
   * an existing file, whose bytes stay intact until then, because they may be the only copy.
   */
  static void keep(OpenedDirectory directory, Path file, BlockId block, MemorySegment physical) {
    try {
      directory.at(
          () -> {
            StableFile.replace(file, drafts(file, "copy"), physical.asByteBuffer());
            return true;
          });
    } catch (IOException e) {
      throw notKept(file, block, e);
    }
  }

  /**
   * As {@link #keep}, but does not replace an existing file: it appends a number to the name
   * instead.
   *
   * @return the file with the copy, which may have existed with the same bytes
   */
  static Path keepBeside(
      OpenedDirectory directory, Path file, BlockId block, MemorySegment physical) {
    try {
      for (int number = 1; number <= MAX_COPIES; number++) {
        Path copy = number == 1 ? file : file.resolveSibling(file.getFileName() + "-" + number);
        if (directory.at(() -> isCopy(copy, physical))) {
          return copy;
        }
      }
      throw new IOException("it has " + MAX_COPIES + " copies already");
    } catch (IOException | UnsupportedOperationException e) {
      throw notKept(file, block, e);
    }
  }

  private static boolean isCopy(Path copy, MemorySegment physical) throws IOException {
    StableFile.publish(copy, drafts(copy, "copy"), physical.asByteBuffer());
    Optional<byte[]> there = StableFile.read(copy);
    return there.isPresent() && physical.mismatch(MemorySegment.ofArray(there.get())) < 0;
  }

  private static WeftException notKept(Path file, BlockId block, Exception reason) {
    return new WeftException(
        NoSpace.isReasonOf(reason) ? StoreErrors.STORE_FULL : StoreErrors.WRITE_FAILED,
        "cannot keep block " + block + " in " + file + ": " + Reason.of(reason),
        reason);
  }

  private static String drafts(Path file, String maker) {
    return file.getFileName() + "." + maker + "." + ProcessHandle.current().pid() + ".";
  }

  private static WeftException notAccessible(String message) {
    return new WeftException(StoreErrors.NOT_ACCESSIBLE, message + REMEDY);
  }
}
