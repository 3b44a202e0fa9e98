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
 * Replaces blocks that nobody can read or recover, without being a node: an operator's decision.
 * Only for blocks in quarantine, which no node writes. Synchronous; for one thread.
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
   * Reads a block; as {@link StoredBlocks#read}. If it fails, the memory has what could be read.
   */
  public long read(int file, long number, MemorySegment physical) {
    return files.read(file, number, physical);
  }

  /** Versions of blocks whose past images nodes have kept beside them, in any order. */
  public Map<BlockId, List<Long>> pastVersions() {
    return saved.all().stream()
        .collect(
            Collectors.groupingBy(
                BlockStore.SavedImage::block,
                TreeMap::new,
                Collectors.mapping(BlockStore.SavedImage::version, Collectors.toList())));
  }

  /** Reads such a past image; false if its file is gone or damaged. */
  public boolean readPast(int file, long number, long version, MemorySegment physical) {
    return saved.read(file, number, version, physical);
  }

  /** Removes the past images of a block up to a version, which has been written. */
  public void dropPast(int file, long number, long version) {
    saved.drop(file, number, version);
  }

  /**
   * Keeps bytes in a file, stable when this returns: nothing is given up without a copy, and what
   * an earlier call has kept stays.
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
