// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Replaces blocks that cannot be read or recovered, outside of a node, on an operator's decision.
 * Only for quarantined blocks, which no node writes. Synchronous; for one thread.
 */
public final class MendedBlocks implements AutoCloseable {
  private final OpenedDirectory directory;
  private final BlockFiles files;
  private final BlockLayout layout;
  private final SavedImages saved;

  private MendedBlocks(OpenedDirectory directory, BlockLayout layout) {
    this.directory = directory;
    this.layout = layout;
    this.saved = new SavedImages(directory, layout);
    this.files = new BlockFiles(directory, layout, true);
  }

  /** Opens the storage in a directory. */
  public static MendedBlocks open(Path directory) {
    Superblock superblock =
        Superblock.read(directory)
            .orElseThrow(
                () ->
                    new WeftException(
                        StoreErrors.NOT_ACCESSIBLE,
                        directory + " is no storage: it has no " + Superblock.FILE_NAME));
    return new MendedBlocks(OpenedDirectory.of(directory), superblock.layout());
  }

  /** Sizes of the blocks. */
  public BlockLayout layout() {
    return layout;
  }

  /**
   * Reads a block; as {@link StoredBlocks#read}. If it fails, the memory has the bytes that could
   * be read.
   */
  public long read(int file, long number, MemorySegment physical) {
    return files.read(file, number, physical);
  }

  /** Versions of the saved images, by block, in any order. */
  public Map<BlockId, List<Long>> pastVersions() {
    return saved.all().stream()
        .collect(
            Collectors.groupingBy(
                BlockStore.SavedImage::block,
                TreeMap::new,
                Collectors.mapping(BlockStore.SavedImage::version, Collectors.toList())));
  }

  /** Reads a saved image; false if its file is missing or damaged. */
  public boolean readPast(int file, long number, long version, MemorySegment physical) {
    return saved.read(file, number, version, physical);
  }

  /** Drops the saved images of a block up to a version that has been written. */
  public void dropPast(int file, long number, long version) {
    saved.drop(file, number, version);
  }

  /**
   * Saves bytes in a file that is stable when this returns, so that no content is given up without
   * a copy. Files of earlier calls are not replaced.
   */
  public Path keep(int file, long number, long version, MemorySegment physical) {
    String name = "weft-forgotten-" + file + "-" + number + "-before-" + version;
    return Directories.keepBeside(
        directory, directory.path().resolve(name), new BlockId(file, number), physical);
  }

  /** Writes a block and forces it. */
  public void write(int file, long number, long version, MemorySegment physical) {
    files.write(file, number, version, physical);
    files.force();
  }

  @Override
  public void close() {
    files.close();
  }
}
