// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.storage.StableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.IntSupplier;
import java.util.zip.CRC32C;

/**
 * The reserved system change numbers: a file {@code scn-<id>} for each node, written by that node
 * only. Format 1, big-endian: u32 magic "WFSC", u32 format, u64 number, u32 CRC-32C over all
 * before. A file is replaced as a whole, and both it and its name are forced. Thread-safe.
 */
final class ScnFiles {
  private static final String PREFIX = "scn-";

  /** First bytes of a file: "WFSC". */
  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'S' << 8 | 'C';

  /** Version of the format. */
  private static final int FORMAT = 1;

  /** Size of a file. */
  private static final int BYTES = 20;

  /** Bytes that the checksum covers. */
  private static final int CHECKED = 16;

  private final Path directory;
  private final IntSupplier node;
  private final ViewFiles files;
  private long reserved;

  /**
   * Opens the files of a directory.
   *
   * @param files has a reserve for a full storage: a node without reserved numbers cannot join
   */
  ScnFiles(Path directory, IntSupplier node, ViewFiles files) {
    this.directory = directory;
    this.node = node;
    this.files = files;
  }

  /** Reserves numbers up to {@code upTo}; has no effect if they are already reserved. */
  synchronized void reserve(long upTo) throws IOException {
    if (upTo <= reserved) {
      return;
    }
    Path path = directory.resolve(PREFIX + node.getAsInt());
    Path draft =
        directory.resolve(
            "draft-" + node.getAsInt() + "-" + ProcessHandle.current().pid() + "-scn");
    files.write(draft, encode(upTo));
    Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    StableFile.force(directory);
    reserved = upTo;
  }

  /** The largest number that any node has reserved. */
  long largest() throws IOException {
    long largest = 0;
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path path : paths) {
        largest = Math.max(largest, read(path));
      }
    }
    return largest;
  }

  private static long read(Path path) throws IOException {
    byte[] file;
    try {
      file = Files.readAllBytes(path);
    } catch (NoSuchFileException _) {
      return 0; // an operator has just removed it
    }
    return decode(path, file);
  }

  /**
   * Decodes a file.
   *
   * @param path names the file in messages
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if it is damaged, or of a later
   *     version
   */
  static long decode(Path path, byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    if (file.length != BYTES || in.getInt() != MAGIC) {
      throw bad(path, "holds no reserved numbers");
    }
    int format = in.getInt();
    if (format > FORMAT) {
      throw Unavailable.later(path, format, FORMAT);
    }
    if (format != FORMAT) {
      throw bad(path, "has format " + format + "; this version knows format " + FORMAT);
    }
    long number = in.getLong();
    if (in.getInt() != crc(file)) {
      throw bad(path, "is damaged: its checksum is wrong");
    }
    return number;
  }

  static ByteBuffer encode(long number) {
    byte[] file = new byte[BYTES];
    ByteBuffer out = ByteBuffer.wrap(file);
    out.putInt(MAGIC).putInt(FORMAT).putLong(number).putInt(crc(file));
    return out.flip();
  }

  private static int crc(byte[] file) {
    CRC32C crc = new CRC32C();
    crc.update(file, 0, CHECKED);
    return (int) crc.getValue();
  }

  private static WeftException bad(Path path, String what) {
    return new WeftException(
        MembershipErrors.BAD_REGISTRY,
        path
            + " "
            + what
            + "; restore it from a copy; without a copy remove it: commits may then get system"
            + " change numbers of earlier commits");
  }
}
