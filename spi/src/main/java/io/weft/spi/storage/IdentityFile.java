// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The identity of the storage, in the file {@value #FILE_NAME} of a directory that belongs to it:
 * one line, {@code weft-storage-1 <identity>}. Written once; the same in all directories of a
 * storage, so that one can be restored by copying another. Stateless; all methods block.
 */
public final class IdentityFile {
  /** Its name in each directory. */
  public static final String FILE_NAME = "storage-identity";

  private static final String DRAFTS = "draft-identity-";

  private static final Pattern FORM =
      Pattern.compile("weft-storage-1 ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n");

  /** The first words of all versions after this one. */
  private static final Pattern LATER = Pattern.compile("weft-storage-([2-9]|[1-9][0-9]{1,8}) ");

  private IdentityFile() {}

  /**
   * Reads it; empty if there is none.
   *
   * @throws IOException if it cannot be read, is damaged, or was written by a later version
   */
  public static Optional<UUID> read(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    Optional<byte[]> bytes = StableFile.read(file);
    return bytes.isEmpty() ? Optional.empty() : Optional.of(identity(file, bytes.get()));
  }

  private static UUID identity(Path file, byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Matcher form = FORM.matcher(text);
    if (LATER.matcher(text).lookingAt()) {
      throw new IOException(
          file
              + " was written by a later version of Weft; it is intact: run that version on this"
              + " node, too");
    }
    if (!form.matches()) {
      throw new IOException(
          file
              + " is damaged; restore it from a copy, or from the file of"
              + " the same name in another directory of this storage");
    }
    return UUID.fromString(form.group(1));
  }

  /**
   * Makes it, and the directory, unless there is one: the caller reads what there is then. Durable
   * when this returns.
   */
  public static void create(Path directory, UUID identity) throws IOException {
    StableFile.makeDirectory(directory);
    String text = "weft-storage-1 " + identity + "\n";
    StableFile.publish(
        directory.resolve(FILE_NAME),
        DRAFTS,
        ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    StableFile.force(directory.toAbsolutePath().getParent());
  }
}
