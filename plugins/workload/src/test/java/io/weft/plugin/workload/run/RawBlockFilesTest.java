// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockHeader;
import io.weft.spi.store.BlockLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawBlockFilesTest {
  private static final int BLOCK = 4096;
  private static final int CONTENT = BLOCK - BlockLayout.HEADER_BYTES;

  @TempDir private Path directory;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment content = arena.allocate(CONTENT);

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void readsWhatTheFileStoreWrites() throws IOException {
    write("blocks-00000001.0", 3, 1, 3, 42, (byte) 7);

    try (DiskBlocks disk = RawBlockFiles.open(directory, CONTENT)) {
      assertEquals(42, disk.read(1, 3, content));
      assertEquals(7, content.get(ValueLayout.JAVA_BYTE, CONTENT - 1));
    }
  }

  @Test
  void neverWrittenBlocksAreZero() throws IOException {
    write("blocks-00000001.0", 3, 1, 3, 42, (byte) 7);

    try (DiskBlocks disk = RawBlockFiles.open(directory, CONTENT)) {
      for (long[] block : new long[][] {{1, 2}, {1, 4}, {1, 1L << 40}, {2, 3}}) {
        content.fill((byte) 9);
        assertEquals(0, disk.read((int) block[0], block[1], content));
        assertEquals(0, content.get(ValueLayout.JAVA_BYTE, 0));
      }
    }
  }

  @Test
  void findsBlocksInLaterSegments() throws IOException {
    long perSegment = (1L << 40) / BLOCK;
    write("blocks-00000001.1", 5, 1, perSegment + 5, 8, (byte) 1);

    try (DiskBlocks disk = RawBlockFiles.open(directory, CONTENT)) {
      assertEquals(8, disk.read(1, perSegment + 5, content));
    }
  }

  @Test
  void refusesADamagedBlock() throws IOException {
    write("blocks-00000001.0", 3, 1, 9, 42, (byte) 7);

    try (DiskBlocks disk = RawBlockFiles.open(directory, CONTENT)) {
      WeftException e = assertThrows(WeftException.class, () -> disk.read(1, 3, content));
      assertTrue(e.getMessage().contains("block 1:3 on disk is damaged"), e.getMessage());
    }
  }

  @Test
  void refusesAMissingDirectory() {
    assertThrows(
        WeftException.class, () -> RawBlockFiles.open(directory.resolve("missing"), CONTENT));
  }

  private void write(String name, long place, int file, long number, long version, byte last)
      throws IOException {
    MemorySegment physical = arena.allocate(BLOCK);
    physical.set(ValueLayout.JAVA_BYTE, BLOCK - 1, last);
    BlockHeader.encode(physical, file, number, version);
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(physical.asByteBuffer(), place * BLOCK);
    }
  }
}
