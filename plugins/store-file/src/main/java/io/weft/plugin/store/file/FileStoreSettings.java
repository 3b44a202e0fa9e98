// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.spi.plugin.ConfiguredPath;
import io.weft.spi.plugin.DependentSettings;
import java.nio.file.FileSystem;
import java.nio.file.Path;

/**
 * Settings of {@link FileBlockStore}.
 *
 * @param directory where the blocks are, the same storage for all nodes; no default
 * @param ioThreads threads that read and write, 1 to {@value #MAX_IO_THREADS}
 */
public record FileStoreSettings(String directory, int ioThreads) implements DependentSettings {
  /** Most I/O threads. */
  public static final int MAX_IO_THREADS = 64;

  /** Key of the directory, for messages. */
  private static final String DIRECTORY = "weft.store.file.directory";

  /** Checks the ranges. */
  public FileStoreSettings {
    if (directory.isBlank()) {
      throw new IllegalArgumentException(
          DIRECTORY + " = \"\" is blank; name the directory that all nodes share");
    }
    ConfiguredPath.of(DIRECTORY, directory);
    if (ioThreads < 1 || ioThreads > MAX_IO_THREADS) {
      throw new IllegalArgumentException(
          "weft.store.file.io-threads = " + ioThreads + " is outside 1 to " + MAX_IO_THREADS);
    }
  }

  /** Adds a caution if more callers may wait for reads than the store queues. */
  @Override
  public void check(Others others) {
    long waiters = others.number("weft.cache-fusion.max-waiters").orElse(0L);
    long frames = others.number("weft.cache-fusion.frames").orElse(0L);
    if (Math.min(waiters, frames) > IoThreads.MAX_WAITING) {
      others.caution(
          "weft.store.file takes "
              + IoThreads.MAX_WAITING
              + " reads at a time, but weft.cache-fusion.max-waiters = "
              + waiters
              + " and weft.cache-fusion.frames = "
              + frames
              + " let more callers wait for one: the others get BACK_PRESSURED from the storage;"
              + " set max-waiters to "
              + IoThreads.MAX_WAITING
              + " or less");
    }
  }

  Path path(FileSystem files) {
    return ConfiguredPath.of(files, DIRECTORY, directory);
  }
}
