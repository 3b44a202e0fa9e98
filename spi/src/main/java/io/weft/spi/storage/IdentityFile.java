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
 * The file {@value #FILE_NAME}, which holds the identity of the storage in each of its directories.
 * It has one line, {@code weft-storage-1 <identity>}. It is written once. It is the same in all
 * directories of a storage, so a lost file can be restored from another directory. Stateless and
 * thread-safe; all methods block.
 */
public final class IdentityFile {
  /** The name of the file in each directory. */
  public static final String FILE_NAME = "storage-identity";

  private static final String DRAFTS = "draft-identity-";

  private static final Pattern FORM =
      Pattern.compile("weft-storage-1 ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n");

  /** Matches the first word of a file written by a later version. */
  private static final Pattern LATER = Pattern.compile("weft-storage-([2-9]|[1-9][0-9]{1,8}) ");

  private IdentityFile() {}

  /**
   * Reads the identity; empty if there is no file.
   *
   * @throws IOException if the file cannot be read, is damaged, or was written by a later version
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
   * Creates the file and its directory, unless they exist. An existing file is not changed, so the
   * caller must read the identity afterwards. The file is durable when this returns.
   *
   * @throws IOException if the directory or the file cannot be written
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
