// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The description of a storage, in the file {@value #FILE_NAME} of its directory; written once,
 * when the storage is created. Format 3, {@value #BYTES} bytes, little-endian:
 *
 * <pre>
 *   0  u32  magic "WFTS"
 *   4  u32  CRC-32C over bytes 8 to the end
 *   8  u32  format = 3
 *  12  u32  physical block size in bytes
 *  16  16 B identity of the storage
 *  32  u32  length of the cluster name in bytes
 *  36       cluster name, UTF-8; zero to the end
 * </pre>
 *
 * @param clusterName the cluster that owns the storage
 * @param layout its block size
 * @param identity of the storage
 */
record Superblock(String clusterName, BlockLayout layout, UUID identity) {
  /** Name of the file. */
  static final String FILE_NAME = "weft-superblock";

  /** Size of the file; one sector, so that it is written completely or not at all. */
  static final int BYTES = 512;

  /**
   * Version of the format. It covers {@link Fences}, too: format 2 had none by nodes above 63, and
   * a node that does not look at them must not write.
   */
  static final int FORMAT = 3;

  /** First bytes of the file: "WFTS". */
  private static final int MAGIC = 'W' | 'F' << 8 | 'T' << 16 | 'S' << 24;

  private static final int CHECKSUM_AT = 4;
  private static final int CHECKED_AT = 8;
  private static final int MAX_NAME_BYTES = BYTES - 36;

  /** Reads the superblock of a directory; empty if there is none. */
  static Optional<Superblock> read(Path directory) {
    Path path = directory.resolve(FILE_NAME);
    try {
      return Optional.of(decode(path, Files.readAllBytes(path)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot read " + path + ": " + Reason.of(e) + "; change its rights",
          e);
    }
  }

  /**
   * Creates the superblock if there is none. Several nodes may start at the same time, and the
   * first one wins. The file appears complete or not at all: it is written under another name,
   * forced, and then linked, because a link, unlike a rename, never replaces a file.
   */
  void create(Path directory, NodeId node) {
    Path path = directory.resolve(FILE_NAME);
    try {
      Directories.publish(
          path, node, encode()); // if another node was faster, its superblock is read
    } catch (IOException | UnsupportedOperationException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot create "
              + path
              + ": "
              + Reason.of(e)
              + "; the directory must be writable and its file system must have hard links",
          e);
    }
  }

  ByteBuffer encode() {
    byte[] name = clusterName.getBytes(StandardCharsets.UTF_8);
    if (name.length > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "weft.cluster-name has "
              + name.length
              + " bytes in UTF-8, "
              + FILE_NAME
              + " takes 1 to "
              + MAX_NAME_BYTES
              + "; choose a shorter one");
    }
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(MAGIC).putInt(0).putInt(FORMAT).putInt(layout.physicalBytes());
    bytes.putLong(identity.getMostSignificantBits());
    bytes.putLong(identity.getLeastSignificantBits());
    bytes.putInt(name.length).put(name);
    bytes.putInt(CHECKSUM_AT, checksum(bytes));
    return bytes.clear();
  }

  /**
   * Decodes a file.
   *
   * @param path names the file in messages
   * @throws WeftException {@link StoreErrors#UNKNOWN_FORMAT} if it is no superblock, or damaged
   */
  static Superblock decode(Path path, byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length != BYTES || bytes.getInt() != MAGIC) {
      throw unknown(path, "is no superblock");
    }
    if (bytes.getInt() != checksum(bytes)) {
      throw unknown(path, "is damaged: its checksum is wrong");
    }
    int format = bytes.getInt();
    if (format != FORMAT) {
      throw unknown(path, "has format " + format + "; this version knows format " + FORMAT);
    }
    int blockBytes = bytes.getInt();
    UUID identity = new UUID(bytes.getLong(), bytes.getLong());
    int nameBytes = bytes.getInt();
    if (nameBytes < 0 || nameBytes > MAX_NAME_BYTES) {
      throw unknown(path, "has a cluster name of " + nameBytes + " bytes");
    }
    String name = new String(file, bytes.position(), nameBytes, StandardCharsets.UTF_8);
    try {
      return new Superblock(name, new BlockLayout(blockBytes), identity);
    } catch (IllegalArgumentException e) {
      throw unknown(path, "is unusable: " + e.getMessage());
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), CHECKED_AT, BYTES - CHECKED_AT);
    return (int) crc.getValue();
  }

  private static WeftException unknown(Path path, String what) {
    return new WeftException(
        StoreErrors.UNKNOWN_FORMAT,
        path + " " + what + "; restore the file from a copy, or use another directory");
  }
}
