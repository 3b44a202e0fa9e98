// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.WeftException;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading a storage from outside. */
final class StoredBlocksTest {
  private final MemorySegment block = Arena.ofAuto().allocate(Stores.BLOCK_BYTES, Long.BYTES);

  @TempDir Path directory;

  @Test
  void readsWhatTheNodesWroteWithoutTheirLocks() {
    try (var store = Stores.open(directory, 0)) {
      store.write(2, 5, 7, 77);
      store.write(-2, 0, 1, 11);
      try (StoredBlocks stored = StoredBlocks.open(directory)) {
        assertEquals("test", stored.clusterName());
        assertEquals(new BlockLayout(Stores.BLOCK_BYTES), stored.layout());
        assertEquals(List.of(-2, 2), stored.files());
        assertEquals(6, stored.blocks(2));
        assertEquals(1, stored.blocks(-2));
        assertEquals(0, stored.blocks(3));
        assertEquals(7, stored.read(2, 5, block));
        assertEquals(77, block.get(JAVA_LONG, BlockLayout.HEADER_BYTES));
        assertEquals(0, stored.read(2, 4, block));
        assertEquals(0, stored.read(3, 0, block));
      }
    }
  }

  @Test
  void countsTheBlocksOfLaterSegments() {
    long number = 2 * BlockFiles.SEGMENT_BYTES / Stores.BLOCK_BYTES + 3;
    try (var store = Stores.open(directory, 0)) {
      store.write(2, number, 1, 1);
    }
    try (StoredBlocks stored = StoredBlocks.open(directory)) {
      assertEquals(number + 1, stored.blocks(2));
    }
  }

  @Test
  void overlooksFilesThatAreNotBlocks() throws IOException {
    Stores.open(directory, 0).close();
    for (String name : List.of("blocks-x.0", "blocks-00000001.0.copy", "blocks-1.0", "notes.txt")) {
      Files.createFile(directory.resolve(name));
    }
    try (StoredBlocks stored = StoredBlocks.open(directory)) {
      assertEquals(List.of(), stored.files());
    }
  }

  @Test
  void verifiesWhatItReads() throws IOException {
    try (var store = Stores.open(directory, 0)) {
      store.write(2, 0, 7, 77);
    }
    Path path = directory.resolve("blocks-00000002.0");
    byte[] bytes = Files.readAllBytes(path);
    bytes[9] ^= 1;
    Files.write(path, bytes);
    try (StoredBlocks stored = StoredBlocks.open(directory)) {
      var error = assertThrows(WeftException.class, () -> stored.read(2, 0, block));
      assertEquals(StoreErrors.CORRUPT_BLOCK, error.code());
    }
  }

  @Test
  void refusesADirectoryThatIsNoStorage() {
    var error = assertThrows(WeftException.class, () -> StoredBlocks.open(directory));
    assertEquals(StoreErrors.NOT_ACCESSIBLE, error.code());
  }
}
