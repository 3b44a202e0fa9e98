// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads the blocks of a storage directory outside of a node, for checks after a cluster has
 * stopped. Changes nothing and takes no lock. Blocks that a running node writes meanwhile may look
 * corrupt. Synchronous and thread-safe; after an interrupt of a reading thread all later reads
 * fail.
 */
public final class StoredBlocks implements AutoCloseable {
  private final Superblock superblock;
  private final BlockFiles files;

  private StoredBlocks(Superblock superblock, BlockFiles files) {
    this.superblock = superblock;
    this.files = files;
  }

  /**
   * Opens the storage in a directory.
   *
   * @throws WeftException {@link StoreErrors#UNKNOWN_FORMAT} or {@link StoreErrors#NOT_ACCESSIBLE}
   */
  public static StoredBlocks open(Path directory) {
    Superblock superblock =
        Superblock.read(directory)
            .orElseThrow(
                () ->
                    new WeftException(
                        StoreErrors.NOT_ACCESSIBLE,
                        directory + " is no storage: it has no " + Superblock.FILE_NAME));
    return new StoredBlocks(
        superblock, new BlockFiles(OpenedDirectory.of(directory), superblock.layout(), false));
  }

  /** The cluster that owns the storage. */
  public String clusterName() {
    return superblock.clusterName();
  }

  /** Sizes of the blocks. */
  public BlockLayout layout() {
    return superblock.layout();
  }

  /** Ids of the files that have blocks, ascending. */
  public List<Integer> files() {
    return files.files();
  }

  /** One more than the number of the last block of {@code file} that may have been written. */
  public long blocks(int file) {
    return files.blocks(file);
  }

  /**
   * Reads and verifies a block.
   *
   * @param physical {@link BlockLayout#physicalBytes()} of native memory for header and content
   * @return the block's version, 0 if it was never written
   * @throws WeftException {@link StoreErrors#CORRUPT_BLOCK} or {@link StoreErrors#READ_FAILED}
   */
  public long read(int file, long number, MemorySegment physical) {
    return files.read(file, number, physical);
  }

  @Override
  public void close() {
    files.close();
  }
}
