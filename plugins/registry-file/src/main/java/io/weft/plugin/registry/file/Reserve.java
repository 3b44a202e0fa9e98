// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.IntSupplier;

/**
 * Files of zeros, {@code reserve-<node>-<n>}, that a node keeps in the registry for records that it
 * has to write when the storage is full. Overwriting one of them with a record needs no space on
 * file systems that write in place. Thread-safe.
 *
 * <p>A used reserve is filled again when there is space. While there is none, that is tried at
 * growing intervals.
 */
final class Reserve {
  /** Number of files: the view changes that each node can record on a full storage. */
  static final int FILES = 4;

  /** Least size of each file. */
  static final int BYTES = 16 << 10;

  /** Most calls of {@link #look} between two attempts to fill the reserve. */
  private static final int MOST_LOOKS_BETWEEN = 64;

  private final Path directory;
  private final IntSupplier node;
  private boolean kept;

  /** Size of each file that is made; a longer record does not fit. */
  private int bytes = BYTES;

  private int looksLeft;
  private int looksBetween;

  Reserve(Path directory, IntSupplier node) {
    this.directory = directory;
    this.node = node;
  }

  /** Creates the reserve, if there is space. */
  synchronized void keep() {
    kept = true;
    fill();
  }

  /**
   * Makes the files large enough for the next record: the last one had {@code length} bytes. Those
   * of large clusters have more than {@link #BYTES}.
   */
  synchronized void fit(int length) {
    int wanted = Integer.highestOneBit(length + length / 4 - 1) << 1;
    if (wanted > bytes) {
      bytes = wanted;
      looksLeft = 0;
    }
  }

  /** Replaces missing files at intervals. */
  synchronized void look() {
    if (kept && --looksLeft < 0) {
      fill();
    }
  }

  private void fill() {
    try {
      for (int i = 0; i < FILES; i++) {
        if (!Files.exists(path(i))) {
          make(path(i));
        } else if (Files.size(path(i)) < bytes) {
          enlarge(path(i));
        }
      }
      looksBetween = 0;
    } catch (IOException _) {
      looksBetween = Math.clamp(2L * looksBetween, 1, MOST_LOOKS_BETWEEN);
    }
    looksLeft = looksBetween;
  }

  private void make(Path path) throws IOException {
    try {
      ViewFiles.writeForced(path, ByteBuffer.allocate(bytes));
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /** Keeps the small file until there is a large one. */
  private void enlarge(Path path) throws IOException {
    Path larger = path.resolveSibling(path.getFileName() + ".larger");
    make(larger);
    Files.move(larger, path, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Writes a record into a file of the reserve and renames it.
   *
   * @return whether there was a file to write to
   */
  synchronized boolean write(Path draft, ByteBuffer record) throws IOException {
    for (int i = 0; i < FILES; i++) {
      if (Files.exists(path(i)) && Files.size(path(i)) >= record.remaining()) {
        looksLeft = 0;
        Files.move(path(i), draft, StandardCopyOption.ATOMIC_MOVE);
        overwrite(draft, record);
        return true;
      }
    }
    return false;
  }

  private static void overwrite(Path draft, ByteBuffer record) throws IOException {
    try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
      int length = record.remaining();
      while (record.hasRemaining()) {
        channel.write(record);
      }
      channel.truncate(length);
      channel.force(true);
    }
  }

  private Path path(int index) {
    return directory.resolve("reserve-" + node.getAsInt() + "-" + index);
  }
}
