// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The identity of the storage, in the file {@value #FILE_NAME} of a directory that belongs to it:
 * one line, {@code weft-storage-1 <identity>}. Written once; the same in all directories of a
 * storage, so that one can be restored by copying another.
 */
final class IdentityFile {
  static final String FILE_NAME = "storage-identity";

  private static final Pattern FORM =
      Pattern.compile("weft-storage-1 ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n");

  /** The first words of all versions after this one. */
  private static final Pattern LATER = Pattern.compile("weft-storage-([2-9]|[1-9][0-9]{1,8}) ");

  /** Of nodes that start at once, and of starts that were killed in between. */
  private static final int MAX_DRAFTS = 256;

  private IdentityFile() {}

  /** Reads it; empty if there is none. */
  static Optional<UUID> read(Path directory) throws IOException {
    try {
      String text = Files.readString(directory.resolve(FILE_NAME), StandardCharsets.ISO_8859_1);
      Matcher form = FORM.matcher(text);
      if (LATER.matcher(text).lookingAt()) {
        throw new IOException(
            directory.resolve(FILE_NAME)
                + " was written by a later version of Weft; it is intact: run that version on this"
                + " node, too");
      }
      if (!form.matches()) {
        throw new IOException(
            directory.resolve(FILE_NAME)
                + " is damaged; restore it from a copy, or from the file of"
                + " the same name in another directory of this storage");
      }
      return Optional.of(UUID.fromString(form.group(1)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /**
   * Makes it unless there is one: it appears complete or not at all, and a link, unlike a rename,
   * never replaces.
   */
  static void create(Path directory, UUID identity) throws IOException {
    Files.createDirectories(directory);
    Path draft = write(directory, "weft-storage-1 " + identity + "\n");
    try {
      Files.createLink(directory.resolve(FILE_NAME), draft);
    } catch (FileAlreadyExistsException _) {
      // Another node was faster; the caller reads what that one wrote.
    } finally {
      Files.deleteIfExists(draft);
    }
    force(directory);
    force(directory.toAbsolutePath().getParent());
  }

  /** Writes a draft of its own: not a temporary file of the JDK, which is for its maker alone. */
  private static Path write(Path directory, String text) throws IOException {
    for (int i = 0; i < MAX_DRAFTS; i++) {
      Path draft = directory.resolve("draft-" + i + ".identity");
      try (FileChannel channel =
          FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        write(channel, text);
        return draft;
      } catch (FileAlreadyExistsException _) {
        // That of another node, or of a start that was killed.
      } catch (IOException e) {
        Files.deleteIfExists(draft);
        throw e;
      }
    }
    throw new IOException(
        directory + " has " + MAX_DRAFTS + " files draft-*.identity; remove those of ended starts");
  }

  private static void write(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
