// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import io.weft.api.BlockId;
import io.weft.api.WeftException;
import io.weft.spi.runtime.NoSpace;
import io.weft.spi.storage.StableFile;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The files that hold the blocks of a directory, opened when first needed. Synchronous;
 * thread-safe.
 *
 * <p>Block n of file f is in {@code blocks-<f as 8 hex digits>.<segment>}; a segment covers {@link
 * #SEGMENT_BYTES} bytes, and block n starts at byte (n * block size) of its file's segments put
 * together. Files are sparse: blocks never written are holes and read as zeros, which is version 0.
 */
final class BlockFiles implements AutoCloseable {
  /** Bytes of a segment: 1 TiB, below the largest file of common file systems. */
  static final long SEGMENT_BYTES = 1L << 40;

  /** Most files open at a time that are not in use; others are closed, longest unused first. */
  static final int MAX_OPEN_FILES = 512;

  /** Prefix of the names of files with blocks. */
  private static final String PREFIX = "blocks-";

  private final OpenedDirectory directory;
  private final BlockLayout layout;
  private final boolean writable;
  private final long segmentBlocks;
  private final OpenFiles<SegmentId> open;
  private final Object forcing = new Object();
  private volatile boolean unforcedNames;

  BlockFiles(OpenedDirectory directory, BlockLayout layout, boolean writable) {
    this(directory, layout, writable, MAX_OPEN_FILES);
  }

  BlockFiles(OpenedDirectory directory, BlockLayout layout, boolean writable, int maxOpenFiles) {
    this.open = new OpenFiles<>(maxOpenFiles);
    this.directory = directory;
    this.layout = layout;
    this.writable = writable;
    this.segmentBlocks = SEGMENT_BYTES / layout.physicalBytes();
  }

  /** All files of blocks in a directory, in no order. */
  static List<Path> list(Path directory) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, PREFIX + "*.*")) {
      entries.forEach(paths::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return paths;
  }

  /** Reads and verifies a block; returns its version, 0 if it was never written. */
  long read(int file, long number, MemorySegment physical) {
    SegmentId segment = segmentOf(file, number);
    try {
      OpenFiles.Use reading = blocks -> read(blocks, offsetOf(number), physical);
      if (!open.use(segment, reading)) {
        physical.fill((byte) 0xFF); // no valid header if the file cannot be opened
        if (!isThere(segment)) {
          physical.fill((byte) 0);
          return 0;
        }
        open.open(segment, this::openFile, reading);
      }
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.READ_FAILED,
          "cannot read " + place(file, number, pathOf(segment)) + ": " + Reason.of(e),
          e);
    }
    long version = BlockHeader.verify(physical, file, number);
    if (version < 0) {
      throw corrupt(file, number, pathOf(segment), BlockHeader.describe(version, physical));
    }
    return version;
  }

  /** Reads a block. If it cannot be read completely, reads its header if possible. */
  private static void read(BlockFile blocks, long offset, MemorySegment physical)
      throws IOException {
    try {
      blocks.read(offset, physical.asByteBuffer());
    } catch (IOException e) {
      physical.fill((byte) 0xFF); // no header
      try {
        blocks.read(offset, physical.asSlice(0, BlockLayout.MIN_BYTES).asByteBuffer());
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /** Fills in the header and writes a block. */
  void write(int file, long number, long version, MemorySegment physical) {
    SegmentId segment = segmentOf(file, number);
    BlockHeader.encode(physical, file, number, version);
    try {
      OpenFiles.Use writing = blocks -> blocks.write(offsetOf(number), physical.asByteBuffer());
      if (!open.use(segment, writing)) {
        open.open(segment, this::openFile, writing);
      }
    } catch (IOException e) {
      boolean full = NoSpace.isReasonOf(e);
      throw new WeftException(
          full ? StoreErrors.STORE_FULL : StoreErrors.WRITE_FAILED,
          "cannot write "
              + place(file, number, pathOf(segment))
              + ": "
              + Reason.of(e)
              + (full ? "; free some space" : "; check the device and the rights"),
          e);
    }
  }

  /** Makes all completed writes and the names of new files durable. */
  void force() {
    try {
      open.force();
      forceNames();
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED,
          "cannot force the blocks in " + directory + " to the device: " + Reason.of(e),
          e);
    }
  }

  private void forceNames() throws IOException {
    synchronized (forcing) {
      if (unforcedNames) {
        unforcedNames = false;
        try {
          directory.at(
              () -> {
                StableFile.force(directory.path());
                return true;
              });
        } catch (IOException e) {
          unforcedNames = true;
          throw e;
        }
      }
    }
  }

  /** Blocks of a file up to the last one that may have been written. */
  long blocks(int file) {
    try {
      return directory.at(() -> end(file));
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  private long end(int file) throws IOException {
    long end = 0;
    for (Path path : list(directory.path())) {
      Optional<SegmentId> segment = SegmentId.parse(path);
      if (segment.isPresent() && segment.get().file == file) {
        long blocks = -Math.floorDiv(-Files.size(path), layout.physicalBytes());
        end = Math.max(end, segment.get().index * segmentBlocks + blocks);
      }
    }
    return end;
  }

  /** Ids of the files that have blocks, ascending. */
  List<Integer> files() {
    try {
      return directory.at(() -> list(directory.path())).stream()
          .flatMap(path -> SegmentId.parse(path).stream())
          .map(SegmentId::file)
          .distinct()
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.NOT_ACCESSIBLE, "cannot list " + directory + ": " + Reason.of(e), e);
    }
  }

  @Override
  public void close() {
    try {
      open.close();
    } catch (IOException e) {
      throw new WeftException(
          StoreErrors.WRITE_FAILED, "cannot close a file in " + directory + ": " + Reason.of(e), e);
    }
  }

  private BlockFile openFile(SegmentId segment) throws IOException {
    directory.check(); // creates no file in a directory that is not the storage
    BlockFile file = BlockFile.open(pathOf(segment), writable);
    unforcedNames = true; // the node that created it may not have forced its name
    try {
      directory.check();
    } catch (IOException e) {
      file.close();
      throw e;
    }
    return file;
  }

  /**
   * Whether the file exists. If not, its blocks were never written, provided that the directory is
   * still the one that was opened: after the storage has been unmounted, the path is an empty
   * directory.
   */
  private boolean isThere(SegmentId segment) throws IOException {
    try {
      Files.readAttributes(pathOf(segment), BasicFileAttributes.class);
      return true;
    } catch (NoSuchFileException _) {
      directory.check();
      return false;
    }
  }

  private SegmentId segmentOf(int file, long number) {
    return new SegmentId(file, number / segmentBlocks);
  }

  private long offsetOf(long number) {
    return number % segmentBlocks * layout.physicalBytes();
  }

  private Path pathOf(SegmentId segment) {
    return directory.path().resolve(segment.fileName());
  }

  private String place(int file, long number, Path path) {
    return "block " + new BlockId(file, number) + " at byte " + offsetOf(number) + " of " + path;
  }

  private WeftException corrupt(int file, long number, Path path, String what) {
    return new WeftException(
        StoreErrors.CORRUPT_BLOCK,
        place(file, number, path)
            + " is corrupt: "
            + what
            + "; nothing was changed: restore it from a copy of the file");
  }

  private record SegmentId(int file, long index) {
    String fileName() {
      return String.format(Locale.ROOT, "%s%08x.%d", PREFIX, file, index);
    }

    /** Parses a file name; empty if this class does not create such a name. */
    static Optional<SegmentId> parse(Path path) {
      String name = path.getFileName().toString();
      try {
        int dot = name.indexOf('.');
        int file = Integer.parseUnsignedInt(name.substring(PREFIX.length(), dot), 16);
        SegmentId segment = new SegmentId(file, Long.parseLong(name.substring(dot + 1)));
        return segment.fileName().equals(name) ? Optional.of(segment) : Optional.empty();
      } catch (NumberFormatException _) {
        return Optional.empty();
      }
    }
  }
}
