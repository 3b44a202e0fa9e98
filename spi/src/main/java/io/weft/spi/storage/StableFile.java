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
 * A small file that is written as a whole: it appears complete and forced, or not at all, whoever
 * else makes it at the same time and whenever the power fails. Stateless; all methods block.
 *
 * <p>The only class of this module that touches files: those who keep parts of the storage in
 * directories must not differ in how they do it.
 */
public final class StableFile {
  /** Of nodes that start at once, and of starts that were killed in between. */
  private static final int MAX_DRAFTS = 1_000;

  private StableFile() {}

  /** What is in the file; empty if there is none. */
  public static Optional<byte[]> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /**
   * Makes the file, durable when this returns, and leaves it as it is if there is one: a link,
   * unlike a rename, never replaces. Whoever has to know which one it is reads it.
   *
   * @param file in a directory that exists, on a file system that has hard links
   * @param drafts what the names of drafts begin with, in the same directory
   * @param content is read from its position to its limit
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
    Files.deleteIfExists(draft);
    force(file.getParent());
  }

  /**
   * Makes the file, durable when this returns, in place of one that is there, whose bytes stay
   * whole until then.
   *
   * @param file as for {@link #publish}, without need of hard links
   * @param drafts likewise
   * @param content likewise
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
   * Writes a draft of its own: not a temporary file of the JDK, which is for its maker alone. One
   * that is there already is never written again: it may be the very file that its maker, a process
   * of the same number elsewhere, has just given its name.
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

  /** Deletes a draft that this call has made; why it was made in vain is what is reported. */
  private static void discard(Path draft, Exception reason) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  /** Makes a directory and those above it, unless they are there. */
  static void makeDirectory(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  /** Makes the names in a directory durable: those that are new, and that others are gone. */
  public static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
