// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.ClusterRegistry.Entry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.storage.StableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import java.util.zip.CRC32C;

/**
 * The records of views: {@code view-<epoch, 19 digits>}; the node that creates the file decides the
 * record. Format 1, big-endian: u32 magic "WFRG", u32 format, u64 epoch, u32 length, the record,
 * u32 CRC-32C over all before. Thread-safe.
 */
final class ViewFiles {
  /*
   * A record appears complete or not at all: it is written under another name, forced, and then
   * linked. A link, unlike a rename, never replaces a file; unlike a lock, it cannot be held by a
   * paused process.
   *
   * Old records are removed from the oldest on. So a node that was paused between checking and
   * linking may create a record that others have removed long before. It then finds that the
   * previous record is missing, too, and removes its own. No node has taken that record for the
   * newest meanwhile.
   */

  /** Number of records kept, including the newest. */
  static final int KEPT = 16;

  private static final String PREFIX = "view-";

  /** First bytes of a file: "WFRG". */
  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'R' << 8 | 'G';

  /** Version of the format. */
  private static final int FORMAT = 1;

  /** Bytes before the record. */
  private static final int HEAD = 20;

  /** Bytes of the checksum. */
  private static final int CHECKSUM = 4;

  private final Path directory;
  private final IntSupplier node;
  private final Reserve reserve;
  private long drafts;
  private long forced;

  ViewFiles(Path directory, IntSupplier node) {
    this.directory = directory;
    this.node = node;
    this.reserve = new Reserve(directory, node);
  }

  /** Starts to keep a reserve of space for the records of this node. */
  void keepReserve() {
    reserve.keep();
  }

  Optional<Entry> latest() throws IOException {
    reserve.look();
    while (true) {
      TreeSet<Long> epochs = epochs();
      if (epochs.isEmpty()) {
        return Optional.empty();
      }
      try {
        Entry newest = read(epochs.last());
        forceOnce(newest.epoch());
        reserve.fit(HEAD + newest.record().length + CHECKSUM);
        return Optional.of(newest);
      } catch (NoSuchFileException _) {
        // Removed meanwhile, so there are newer ones.
      }
    }
  }

  boolean create(long epoch, byte[] record) throws IOException {
    if (record.length > ClusterRegistry.MAX_RECORD_BYTES) {
      throw new IllegalArgumentException(
          "the record of epoch "
              + epoch
              + " has "
              + record.length
              + " bytes, the registry takes 0 to "
              + ClusterRegistry.MAX_RECORD_BYTES);
    }
    if (newest() != epoch - 1) {
      return false;
    }
    Path draft = draft();
    try {
      write(draft, encode(epoch, record));
      Files.createLink(path(epoch), draft);
    } catch (FileAlreadyExistsException _) {
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
    TreeSet<Long> epochs = epochs();
    if (epoch == 1 ? epochs.last() > KEPT : !epochs.contains(epoch - 1)) {
      Files.deleteIfExists(path(epoch));
      return false;
    }
    forceOnce(epoch);
    for (long old : epochs.headSet(epoch - KEPT, true)) {
      Files.deleteIfExists(path(old));
    }
    return true;
  }

  /** Whether there has never been a record. */
  boolean isBlank() throws IOException {
    try {
      return epochs().isEmpty();
    } catch (NoSuchFileException _) {
      return true;
    }
  }

  /** Writes a whole file, or one of the reserve if the storage is full. */
  void write(Path draft, ByteBuffer record) throws IOException {
    try {
      writeForced(draft, record.duplicate());
    } catch (IOException e) {
      Files.deleteIfExists(draft);
      if (!NoSpace.isReasonOf(e) || !reserve.write(draft, record)) {
        throw e;
      }
    }
  }

  private long newest() throws IOException {
    TreeSet<Long> epochs = epochs();
    return epochs.isEmpty() ? 0 : epochs.last();
  }

  private TreeSet<Long> epochs() throws IOException {
    TreeSet<Long> epochs = new TreeSet<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path path : paths) {
        String digits = path.getFileName().toString().substring(PREFIX.length());
        if (digits.matches("\\d{19}")) {
          epochs.add(Long.parseLong(digits));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return epochs;
  }

  private Path path(long epoch) {
    return directory.resolve(String.format(Locale.ROOT, "%s%019d", PREFIX, epoch));
  }

  private synchronized Path draft() {
    drafts++;
    return directory.resolve(
        "draft-" + node.getAsInt() + "-" + ProcessHandle.current().pid() + "-" + drafts);
  }

  /**
   * Forces the directory once per record: a name that others may have seen must survive a power
   * failure.
   */
  private synchronized void forceOnce(long epoch) throws IOException {
    if (epoch > forced) {
      StableFile.force(directory);
      forced = epoch;
    }
  }

  /** Writes a whole file and makes its bytes stable; not yet its name. */
  static void writeForced(Path path, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING, // a crash may have left one of the same name
            StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  // ---- the form of a record

  static ByteBuffer encode(long epoch, byte[] record) {
    ByteBuffer out = ByteBuffer.allocate(HEAD + record.length + CHECKSUM);
    out.putInt(MAGIC).putInt(FORMAT).putLong(epoch).putInt(record.length).put(record);
    out.putInt(crc(out.duplicate().flip()));
    return out.flip();
  }

  private Entry read(long epoch) throws IOException {
    Path path = path(epoch);
    return decode(path, epoch, Files.readAllBytes(path));
  }

  /**
   * Decodes a file.
   *
   * @param path names the file in messages
   * @throws WeftException {@link MembershipErrors#BAD_REGISTRY} if it is not that record, or of a
   *     later version
   */
  static Entry decode(Path path, long epoch, byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    if (file.length < HEAD + CHECKSUM || in.getInt() != MAGIC) {
      throw bad(path, "is no record of a registry");
    }
    int format = in.getInt();
    if (format > FORMAT) {
      throw Unavailable.later(path, format, FORMAT);
    }
    if (format != FORMAT) {
      throw bad(path, "has format " + format + "; this version knows format " + FORMAT);
    }
    long written = in.getLong();
    int length = in.getInt();
    if (length != file.length - HEAD - CHECKSUM
        || crc(ByteBuffer.wrap(file, 0, HEAD + length)) != in.getInt(HEAD + length)
        || written != epoch) {
      throw bad(path, "is damaged: its checksum or its length is wrong");
    }
    byte[] record = new byte[length];
    in.get(record);
    return new Entry(epoch, record);
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static WeftException bad(Path path, String what) {
    return new WeftException(
        MembershipErrors.BAD_REGISTRY,
        path
            + " "
            + what
            + "; restore this file from a copy of the same file (an older registry does not have"
            + " the last views, and their redo logs would be refused), or, if there is no copy,"
            + " stop all nodes, remove all files "
            + PREFIX
            + "* from "
            + path.getParent()
            + " and start all nodes: a first view with all of them replays all redo logs");
  }
}
