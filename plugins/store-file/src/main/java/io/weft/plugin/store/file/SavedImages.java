// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Saved images of quarantined blocks, each in a file of its own in the directory of the blocks:
 * header and content, as in the block area. They are dropped when their version or a newer one is
 * stable on disk. Synchronous and thread-safe.
 */
final class SavedImages {
  /** Prefix of the names of saved images. */
  private static final String PREFIX = "weft-past-";

  /** File, number and version. */
  private static final Pattern NAME =
      Pattern.compile(PREFIX + "(-?\\d{1,10})-(\\d{1,19})-version-(\\d{1,19})");

  private final OpenedDirectory directory;
  private final BlockLayout layout;

  SavedImages(OpenedDirectory directory, BlockLayout layout) {
    this.directory = directory;
    this.layout = layout;
  }

  /** Saves an image, which is stable when this returns; several nodes may save the same one. */
  Path keep(int file, long number, long version, MemorySegment physical) {
    BlockHeader.encode(physical, file, number, version);
    BlockId block = new BlockId(file, number);
    Path kept = path(block, version);
    Directories.keep(directory, kept, block, physical);
    return kept;
  }

  /** All saved images, in any order. */
  List<BlockStore.SavedImage> all() {
    try {
      return directory.at(this::list);
    } catch (IOException | UncheckedIOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  private List<BlockStore.SavedImage> list() throws IOException {
    try (Stream<Path> files = Files.list(directory.path())) {
      return files.flatMap(path -> named(path.getFileName().toString()).stream()).toList();
    }
  }

  /** Parses a file name; empty if {@link #keep} does not create such a name. */
  private static Optional<BlockStore.SavedImage> named(String name) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      BlockId block = new BlockId(Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2)));
      long version = Long.parseLong(parts.group(3));
      return version > 0 && name.equals(name(block, version))
          ? Optional.of(new BlockStore.SavedImage(block, version))
          : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty(); // larger than any valid number
    }
  }

  /** The versions of the saved images of a block, in any order. */
  List<Long> versions(int file, long number) {
    BlockId block = new BlockId(file, number);
    return all().stream()
        .filter(each -> each.block().equals(block))
        .map(BlockStore.SavedImage::version)
        .toList();
  }

  /** Removes the images of a block up to a version. */
  void drop(int file, long number, long version) {
    for (long each : versions(file, number)) {
      if (each <= version) {
        Path kept = path(new BlockId(file, number), each);
        try {
          directory.at(() -> Files.deleteIfExists(kept));
        } catch (IOException e) {
          throw new WeftException(
              StoreErrors.WRITE_FAILED, "cannot delete " + kept + ": " + Reason.of(e), e);
        }
      }
    }
  }

  /** Reads an image; false if there is no intact one. */
  boolean read(int file, long number, long version, MemorySegment physical) {
    Path kept = path(new BlockId(file, number), version);
    try {
      return directory.at(() -> read(kept, physical))
          && BlockHeader.verify(physical, file, number) == version;
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.READ_FAILED, "cannot read " + kept + ": " + Reason.of(e), e);
    }
  }

  private boolean read(Path kept, MemorySegment physical) throws IOException {
    try (FileChannel image = FileChannel.open(kept, StandardOpenOption.READ)) {
      if (image.size() != layout.physicalBytes()) {
        return false;
      }
      ByteBuffer bytes = physical.asByteBuffer();
      while (bytes.hasRemaining()) {
        if (image.read(bytes) < 0) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  private Path path(BlockId block, long version) {
    return directory.path().resolve(name(block, version));
  }

  private static String name(BlockId block, long version) {
    return PREFIX + block.file() + "-" + block.number() + "-version-" + version;
  }
}
