// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

/**
 * Settings of {@link FileBlockStore}.
 *
 * @param directory where the blocks are, the same storage for all nodes; no default
 * @param ioThreads threads that read and write, 1 to {@value #MAX_IO_THREADS}
 */
public record FileStoreSettings(String directory, int ioThreads) {
  /** Most I/O threads. */
  public static final int MAX_IO_THREADS = 64;

  /** Checks the ranges. */
  public FileStoreSettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException(
          "weft.store.file.directory = \"\" is blank; name the directory that all nodes share");
    }
    if (ioThreads < 1 || ioThreads > MAX_IO_THREADS) {
      throw new IllegalArgumentException(
          "weft.store.file.io-threads = " + ioThreads + " is outside 1 to " + MAX_IO_THREADS);
    }
  }
}
