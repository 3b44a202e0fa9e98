// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Past images of blocks in quarantine, each in a file of its own beside the blocks: header and
 * content, as the block would have on its place. They go when the disk has a version for good that
 * is not older. Synchronous and thread-safe.
 */
final class AsideBlocks {
  private static final String PREFIX = "weft-past-";

  /** File, number and version; no number that does not fit its type. */
  private static final Pattern NAME =
      Pattern.compile(PREFIX + "(\\d{1,9})-(\\d{1,18})-version-(\\d{1,18})");

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

  /** All that is kept, in any order. */
  List<BlockStore.Aside> all() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> NAME.matcher(path.getFileName().toString()))
          .filter(Matcher::matches)
          .map(AsideBlocks::named)
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  private static BlockStore.Aside named(Matcher name) {
    BlockId block = new BlockId(Integer.parseInt(name.group(1)), Long.parseLong(name.group(2)));
    return new BlockStore.Aside(block, Long.parseLong(name.group(3)));
  }

  /** The versions of a block that are kept, in any order. */
  List<Long> versions(int file, long number) {
    BlockId block = new BlockId(file, number);
    return all().stream()
        .filter(each -> each.block().equals(block))
        .map(BlockStore.Aside::version)
        .toList();
  }

  /** Removes the images of a block up to a version. */
  void drop(int file, long number, long version) {
    for (long each : versions(file, number)) {
      if (each <= version) {
        Path kept = directory.resolve(prefix(file, number) + each);
        try {
          Files.deleteIfExists(kept);
        } catch (IOException e) {
          throw new WeftException(
              StoreErrors.WRITE_FAILED, "cannot delete " + kept + ": " + Reason.of(e), e);
        }
      }
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
