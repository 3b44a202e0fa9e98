// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Past images of blocks in quarantine, each in a file of its own beside the blocks: header and
 * content, as the block would have on its place. Nothing deletes them. Synchronous and thread-safe.
 */
final class AsideBlocks {
  private static final String PREFIX = "weft-past-";

  private final Path directory;
  private final BlockLayout layout;

  AsideBlocks(Path directory, BlockLayout layout) {
    this.directory = directory;
    this.layout = layout;
  }

  /** Keeps an image, stable when this returns; several nodes may keep the same one. */
  Path keep(int file, long number, long version, MemorySegment physical) {
    BlockHeader.encode(physical, file, number, version);
    Path kept = directory.resolve(prefix(file, number) + version);
    try {
      Files.write(
          kept,
          physical.toArray(ValueLayout.JAVA_BYTE),
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE,
          StandardOpenOption.SYNC);
      Directories.force(directory);
      return kept;
    } catch (IOException e) {
      throw new WeftException(
          NoSpace.isReasonOf(e) ? StoreErrors.STORE_FULL : StoreErrors.WRITE_FAILED,
          "cannot keep block " + new BlockId(file, number) + " in " + kept + ": " + Reason.of(e),
          e);
    }
  }

  /** The versions of a block that are kept, in any order. */
  List<Long> versions(int file, long number) {
    String prefix = prefix(file, number);
    List<Long> versions = new ArrayList<>();
    try (Stream<Path> all = Files.list(directory)) {
      all.map(path -> path.getFileName().toString())
          .filter(
              name ->
                  name.startsWith(prefix) && name.substring(prefix.length()).matches("\\d{1,18}"))
          .forEach(name -> versions.add(Long.parseLong(name.substring(prefix.length()))));
      return versions;
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  /** Reads an image; false if its file cannot be read, or is not whole. */
  boolean read(int file, long number, long version, MemorySegment physical) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(directory.resolve(prefix(file, number) + version));
    } catch (IOException _) {
      return false;
    }
    if (bytes.length != layout.physicalBytes()) {
      return false;
    }
    MemorySegment.copy(bytes, 0, physical, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return BlockHeader.verify(physical, file, number) == version;
  }

  private static String prefix(int file, long number) {
    return PREFIX + file + "-" + number + "-version-";
  }
}
