// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import io.weft.api.WeftException;
import io.weft.plugin.workload.shared.WorkloadErrors;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the directory of the file store with positional reads only, so that a proof does not use
 * the code that it tests. The blocks of a file are stored one after another in segments of 1 TiB,
 * {@code blocks-<file as 8 hex digits>.<segment>}.
 */
final class RawBlockFiles implements DiskBlocks {
  /** Size of a segment of the file store: 1 TiB. */
  private static final long SEGMENT_BYTES = 1L << 40;

  private final Path directory;
  private final BlockLayout layout;
  private final Map<String, Optional<FileChannel>> channels = new HashMap<>();
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment physical;

  private RawBlockFiles(Path directory, BlockLayout layout) {
    this.directory = directory;
    this.layout = layout;
    physical = arena.allocate(layout.physicalBytes());
  }

  /**
   * Opens a directory.
   *
   * @param contentBytes bytes of a block's content, as reported by the nodes
   * @throws WeftException {@link WorkloadErrors#DISK_NOT_READABLE}
   */
  static RawBlockFiles open(Path directory, int contentBytes) {
    if (!Files.isDirectory(directory)) {
      throw new WeftException(
          WorkloadErrors.DISK_NOT_READABLE, "the nodes left no directory " + directory);
    }
    return new RawBlockFiles(directory, new BlockLayout(contentBytes + BlockLayout.HEADER_BYTES));
  }

  @Override
  public int contentBytes() {
    return layout.contentBytes();
  }

  @Override
  public long read(int file, long number, MemorySegment content) {
    physical.fill((byte) 0);
    fill(file, number);
    long version = BlockHeader.verify(physical, file, number);
    if (version < 0) {
      throw new WeftException(
          WorkloadErrors.DISK_NOT_READABLE,
          String.format(
              Locale.ROOT,
              "block %d:%d on disk is damaged: %s",
              file,
              number,
              BlockHeader.describe(version, physical)));
    }
    MemorySegment.copy(physical, BlockLayout.HEADER_BYTES, content, 0, layout.contentBytes());
    return version;
  }

  @Override
  public void close() {
    arena.close();
    for (Optional<FileChannel> channel : channels.values()) {
      try {
        if (channel.isPresent()) {
          channel.get().close();
        }
      } catch (IOException e) {
        throw unreadable("cannot close a file in " + directory, e);
      }
    }
  }

  private void fill(int file, long number) {
    long segmentBlocks = SEGMENT_BYTES / layout.physicalBytes();
    String name = String.format(Locale.ROOT, "blocks-%08x.%d", file, number / segmentBlocks);
    Optional<FileChannel> channel = channels.computeIfAbsent(name, this::channel);
    if (channel.isEmpty()) {
      return;
    }
    ByteBuffer buffer = physical.asByteBuffer();
    long offset = number % segmentBlocks * layout.physicalBytes();
    try {
      // Beyond the end of the file nothing was ever written: the rest stays zero.
      while (buffer.hasRemaining()
          && channel.get().read(buffer, offset + buffer.position()) >= 0) {}
    } catch (IOException e) {
      throw unreadable("cannot read block " + file + ":" + number, e);
    }
  }

  /** Empty if no block of the segment was ever written. */
  private Optional<FileChannel> channel(String name) {
    Path path = directory.resolve(name);
    try {
      return Optional.of(FileChannel.open(path));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unreadable("cannot open " + path, e);
    }
  }

  private static WeftException unreadable(String what, IOException e) {
    return new WeftException(WorkloadErrors.DISK_NOT_READABLE, what + ": " + e, e);
  }
}
