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

/** Checks the storage directory, and makes files in it as a whole. */
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

  /** Makes a file that appears complete and forced, or not at all; leaves it if there is one. */
  static void publish(Path file, NodeId node, ByteBuffer content) throws IOException {
    StableFile.publish(file, drafts(file, node.toString()), content);
  }

  /**
   * Keeps a copy of a block in a file that appears complete and forced, or not at all. It takes the
   * place of one that is there, whose bytes stay whole until then: they may be the only ones.
   */
  static void keep(Path file, BlockId block, MemorySegment physical) {
    try {
      StableFile.replace(file, drafts(file, "copy"), physical.asByteBuffer());
    } catch (IOException e) {
      throw new WeftException(
          NoSpace.isReasonOf(e) ? StoreErrors.STORE_FULL : StoreErrors.WRITE_FAILED,
          "cannot keep block " + block + " in " + file + ": " + Reason.of(e),
          e);
    }
  }

  private static String drafts(Path file, String maker) {
    return file.getFileName() + "." + maker + "." + ProcessHandle.current().pid() + ".";
  }

  private static WeftException notAccessible(String message) {
    return new WeftException(StoreErrors.NOT_ACCESSIBLE, message + REMEDY);
  }
}
