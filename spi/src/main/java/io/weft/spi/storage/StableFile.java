// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Writes small files atomically: a file appears complete and forced, or not at all. This holds even
 * if other nodes create it at the same time, or the power fails. Stateless and thread-safe; all
 * methods block.
 *
 * <p>The only class of this module that accesses files. Plugins that keep a part of the storage in
 * a directory use it, so that they do it in the same way. A registry that has to write when the
 * storage is full links drafts whose space it has reserved, and forces their names here.
 */
public final class StableFile {
  /**
   * Largest number of drafts, of nodes that start at the same time and of starts that were killed.
   */
  private static final int MAX_DRAFTS = 1_000;

  private StableFile() {}

  /**
   * The content of the file; empty if the file does not exist.
   *
   * @throws IOException if the file cannot be read
   */
  public static Optional<byte[]> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /**
   * Creates the file, durable when this returns. An existing file is not changed, because the file
   * is created by a hard link, which never replaces a file as a rename does. A caller that needs to
   * know which content won reads the file.
   *
   * @param file a path in an existing directory, on a file system with hard links
   * @param drafts the prefix of the names of draft files, in the same directory
   * @param content the content, from position to limit
   * @throws IOException if the file cannot be written
   */
  public static void publish(Path file, String drafts, ByteBuffer content) throws IOException {
    Path draft = write(file, drafts, content);
    try {
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException _) {
      // Another node was faster.
    } catch (IOException | UnsupportedOperationException e) {
      discard(draft, e);
      throw e;
    }
    force(file.getParent());
    Files.deleteIfExists(draft); // should it come back after a loss of power, it does no harm
  }

  /**
   * Creates or replaces the file, durable when this returns. Until then a reader sees the old
   * content as a whole.
   *
   * @param file a path in an existing directory; hard links are not needed
   * @param drafts as for {@link #publish}
   * @param content as for {@link #publish}
   * @throws IOException if the file cannot be written
   */
  public static void replace(Path file, String drafts, ByteBuffer content) throws IOException {
    Path draft = write(file, drafts, content);
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      discard(draft, e); // only now: after a move the name may be another one's draft
      throw e;
    }
    force(file.getParent());
  }

  /**
   * Writes a new draft file. A temporary file of the JDK cannot be used, because only its creator
   * may read it. An existing draft is never written again: another node may just have linked it to
   * its final name.
   */
  private static Path write(Path file, String drafts, ByteBuffer content) throws IOException {
    for (int number = 0; number < MAX_DRAFTS; number++) {
      Path draft = file.resolveSibling(drafts + number);
      FileChannel channel;
      try {
        channel = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      } catch (FileAlreadyExistsException _) {
        continue; // that of another node, or of a start that was killed
      }
      try (channel) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
        channel.force(true);
      } catch (IOException e) {
        discard(draft, e);
        throw e;
      }
      return draft;
    }
    throw new IOException(
        file.getParent()
            + " has "
            + MAX_DRAFTS
            + " files "
            + drafts
            + "*; remove those of starts that have ended");
  }

  /**
   * Deletes a draft that this call has created. A failure to delete it is added to {@code reason}.
   */
  private static void discard(Path draft, Exception reason) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  /** Creates a directory and its parents, unless they exist. */
  static void makeDirectory(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  /**
   * Makes the creations and deletions of names in a directory durable.
   *
   * @throws IOException if the directory cannot be opened or forced
   */
  public static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
