// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.WeftException;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Checks and forces the storage directory. */
final class Directories {
  private static final String REMEDY = "; change weft.store.file.directory or its rights";

  private Directories() {}

  /** Makes the directory if it is missing and checks that this user may work in it. */
  static void prepare(Path directory) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw notAccessible(directory + " is not a directory");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot make the directory " + directory + ": " + Reason.of(e) + REMEDY,
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
   * Makes a file that appears complete and forced, or not at all; leaves it if there is one.
   *
   * @param draft name of it while it is written
   */
  static void publish(Path file, Path draft, ByteBuffer content) throws IOException {
    try {
      try (FileChannel channel =
          FileChannel.open(
              draft,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING, // a crash may have left one of the same name
              StandardOpenOption.WRITE)) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
        channel.force(true);
      }
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException _) {
      // Another node was faster.
    } finally {
      Files.deleteIfExists(draft);
    }
    force(file.getParent());
  }

  /** Makes new names in the directory durable. */
  static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static WeftException notAccessible(String message) {
    return new WeftException(StoreErrors.NOT_ACCESSIBLE, message + REMEDY);
  }
}
