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
 * A few files full of zeros, {@code reserve-<node>-<n>}, that a node keeps in the registry for
 * records it has to write when the storage is full: a record is written into one of them, which
 * needs no space on file systems that write in place. Thread-safe.
 *
 * <p>Used up, it is filled again when there is space; that is tried more and more seldom while
 * there is none.
 */
final class Reserve {
  /** Files that are kept: view changes that a full storage allows for at each node. */
  static final int FILES = 4;

  /** Size of each; a longer record finds no place in it. */
  static final int BYTES = 16 << 10;

  private static final int MOST_LOOKS_BETWEEN = 64;

  private final Path directory;
  private final IntSupplier node;
  private boolean kept;
  private int looksLeft;
  private int looksBetween;

  Reserve(Path directory, IntSupplier node) {
    this.directory = directory;
    this.node = node;
  }

  /** From now on there is a reserve, if there is space. */
  synchronized void keep() {
    kept = true;
    fill();
  }

  /** Fills up what is missing, now and then. */
  synchronized void look() {
    if (kept && --looksLeft < 0) {
      fill();
    }
  }

  private void fill() {
    try {
      for (int i = 0; i < FILES; i++) {
        if (!Files.exists(path(i)) || Files.size(path(i)) < BYTES) {
          make(path(i));
        }
      }
      looksBetween = 0;
    } catch (IOException _) {
      looksBetween = Math.clamp(2L * looksBetween, 1, MOST_LOOKS_BETWEEN);
    }
    looksLeft = looksBetween;
  }

  private static void make(Path path) throws IOException {
    try {
      ViewFiles.writeForced(path, ByteBuffer.allocate(BYTES));
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /**
   * Writes a record into a file of the reserve, which gets the given name.
   *
   * @return whether there was one to write to
   */
  synchronized boolean write(Path draft, ByteBuffer record) throws IOException {
    for (int i = 0; i < FILES && record.remaining() <= BYTES; i++) {
      if (Files.exists(path(i)) && Files.size(path(i)) == BYTES) {
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
