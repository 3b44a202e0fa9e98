// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Checks and forces the storage directory. */
final class Directories {
  private static final int MAX_DRAFTS = 1_000;

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
    Path draft = write(file, node.toString(), content);
    try {
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException _) {
      // Another node was faster.
    } finally {
      Files.deleteIfExists(draft);
    }
    force(file.getParent());
  }

  /**
   * Keeps a copy of a block in a file that appears complete and forced, or not at all. It takes the
   * place of one that is there, whose bytes stay whole until then: they may be the only ones.
   */
  static void keep(Path file, BlockId block, MemorySegment physical) {
    try {
      Path draft = write(file, "copy", physical.asByteBuffer());
      try {
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.deleteIfExists(draft); // only now: after a move the name may be another one's draft
        throw e;
      }
      force(file.getParent());
    } catch (IOException e) {
      throw new WeftException(
          NoSpace.isReasonOf(e) ? StoreErrors.STORE_FULL : StoreErrors.WRITE_FAILED,
          "cannot keep block " + block + " in " + file + ": " + Reason.of(e),
          e);
    }
  }

  /**
   * Writes a draft of its own. One that is there already is never written again: it may be the very
   * file that its maker, a process of the same number elsewhere, has just given its name.
   */
  private static Path write(Path file, String maker, ByteBuffer content) throws IOException {
    String name = file.getFileName() + "." + maker + "." + ProcessHandle.current().pid() + ".";
    for (int number = 0; number < MAX_DRAFTS; number++) {
      Path draft = file.resolveSibling(name + number);
      try (FileChannel channel =
          FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
        channel.force(true);
        return draft;
      } catch (FileAlreadyExistsException _) {
        // That of another start, perhaps one that was killed.
      } catch (IOException e) {
        Files.deleteIfExists(draft);
        throw e;
      }
    }
    throw new IOException(
        MAX_DRAFTS + " files " + name + "* are there; remove those of starts that have ended");
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
