// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.WeftException;
import io.weft.spi.storage.StableFile;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The directory of a storage, as it was when it was opened. Its path may later lead elsewhere: to
 * the empty mount point, or to another file system mounted there. Open files still belong to the
 * storage, so they do not show this. Operations by path therefore check it here. Synchronous and
 * thread-safe.
 */
final class OpenedDirectory {
  private final Path path;
  private final Optional<byte[]> superblock;

  private OpenedDirectory(Path path, Optional<byte[]> superblock) {
    this.path = path;
    this.superblock = superblock;
  }

  /**
   * Opens the directory to which the path leads now; a directory without a superblock is not
   * distinguished from others.
   */
  static OpenedDirectory of(Path path) {
    try {
      return new OpenedDirectory(path, StableFile.read(path.resolve(Superblock.FILE_NAME)));
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE,
          "cannot read " + path.resolve(Superblock.FILE_NAME) + ": " + Reason.of(e),
          e);
    }
  }

  Path path() {
    return path;
  }

  /** An operation by path. */
  interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Runs an operation by path; fails if the path did not lead to the storage before or after it.
   */
  <T> T at(Work<T> work) throws IOException {
    check();
    T result = work.run();
    check();
    return result;
  }

  /** Fails if the path does not lead to the storage any more. */
  void check() throws IOException {
    if (superblock.isEmpty()) {
      return;
    }
    Optional<byte[]> now = StableFile.read(path.resolve(Superblock.FILE_NAME));
    if (now.isEmpty()) {
      throw new IOException(
          Superblock.FILE_NAME + " is gone from " + path + ": is its storage mounted?");
    }
    if (!Arrays.equals(now.get(), superblock.get())) {
      throw new IOException(
          Superblock.FILE_NAME
              + " in "
              + path
              + " is another one than at the start of this process");
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
