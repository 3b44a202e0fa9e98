// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule BS-7 on files: who has been fenced off writes nothing, and nobody else is hindered. */
final class FencesTest {
  @TempDir Path directory;

  @Test
  void aNodeWithoutASlotIsRefusedByName() {
    try (Fences fences = Fences.open(directory, new NodeId(0), 10, 63)) {
      for (int node : new int[] {-1, NodeId.MAX + 1}) {
        var error = assertThrows(IllegalArgumentException.class, () -> fences.raise(node, 1));
        assertTrue(error.getMessage().contains("n" + node + ".1 has no slot"), error.getMessage());
      }
      assertThrows(IllegalArgumentException.class, () -> fences.raise(1, 0));
    }
  }

  @Test
  void aClusterNameThatDoesNotFitTheSuperblockIsRefusedByName() {
    BlockLayout layout = new BlockLayout(4_096);
    UUID id = new UUID(1, 2);
    String most = "x".repeat(476);
    assertEquals(Superblock.BYTES, new Superblock(most, layout, id).encode().remaining());
    Superblock tooLong = new Superblock(most + "x", layout, id);
    var error = assertThrows(IllegalArgumentException.class, tooLong::encode);
    assertTrue(error.getMessage().contains("weft.cluster-name has 477 bytes"), error.getMessage());
  }

  @Test
  @Tag("BS-7")
  void aLifeThatHasBeenFencedOffMakesNoByteOfAFile() throws IOException {
    try (var evictor = open(0, 10);
        var evicted = open(1, 20)) {
      evicted.write(3, 17, 1, 111);
      evictor.store().fence(1, 20);
      byte[] before = Files.readAllBytes(directory.resolve("blocks-00000003.0"));
      for (int i = 0; i < 2; i++) {
        var error = assertThrows(WeftException.class, () -> evicted.write(3, 17, 2, 222));
        assertEquals(StoreErrors.FENCED, error.code());
        assertTrue(error.getMessage().contains("n0 has fenced off n1"), error.getMessage());
      }
      assertThrows(WeftException.class, () -> evicted.write(4, 0, 1, 1));
      assertEquals(
          ByteBuffer.wrap(before),
          ByteBuffer.wrap(Files.readAllBytes(directory.resolve("blocks-00000003.0"))));
      assertEquals(1, BlockFiles.list(directory).size());
      assertEquals(1, evicted.read(3, 17)); // reading harms nobody
    }
  }

  @Test
  void isOneSlotForEachEvictorInTheRowOfTheEvicted() throws IOException {
    try (var evictor = open(63, 1)) {
      evictor.store().fence(62, 0x0102030405060708L);
    }
    byte[] file = Files.readAllBytes(directory.resolve("weft-fences"));
    assertEquals(64 * 512, file.length, "all of it from the beginning");
    assertEquals(
        ByteBuffer.wrap(new byte[] {8, 7, 6, 5, 4, 3, 2, 1}),
        ByteBuffer.wrap(Arrays.copyOfRange(file, 62 * 512 + 63 * 8, 63 * 512)));
  }

  /** A file for more nodes begins like one for fewer, and has no gap. */
  @Test
  void everyNodeHasARowForEveryEvictor() {
    for (int tiles = 1; tiles <= 16; tiles++) {
      Set<Long> rows = new HashSet<>();
      for (int node = 0; node < 64 * tiles; node++) {
        for (int tile = 0; tile < tiles; tile++) {
          rows.add(Fences.rowAt(node, tile));
        }
      }
      assertEquals(64 * tiles * tiles, rows.size());
      assertEquals(0, Collections.min(rows));
      assertEquals(Fences.bytes(64 * tiles - 1), Collections.max(rows) + Fences.ROW_BYTES);
    }
  }

  @Test
  void hasTheSizeForTheConfiguredNodes() {
    assertEquals(32 << 10, Fences.bytes(0));
    assertEquals(32 << 10, Fences.bytes(63));
    assertEquals(4 * (32 << 10), Fences.bytes(64));
    assertEquals(8 << 20, Fences.bytes(NodeId.MAX));
  }

  /** Of all pairs of these, in a file that was made for few nodes and in one for all. */
  @ParameterizedTest
  @ValueSource(ints = {63, 1_023})
  void everyNodeCanBeFencedByEveryNode(int largest) throws IOException {
    int[] nodes = {0, 63, 64, 127, 128, 1_023};
    for (int evictor : nodes) {
      for (int node : nodes) {
        try (Fences evicting = Fences.open(directory, new NodeId(evictor), 1, largest);
            Fences evicted = Fences.open(directory, new NodeId(node), 17, largest);
            Fences next = Fences.open(directory, new NodeId(node), 18, largest)) {
          evicting.raise(node, 16);
          evicted.check();
          evicting.raise(node, 17);
          var error = assertThrows(WeftException.class, evicted::check);
          assertTrue(
              error.getMessage().startsWith("n" + evictor + " has fenced off n" + node),
              error.getMessage());
          next.check();
        }
        Files.delete(directory.resolve(Fences.FILE_NAME));
      }
    }
  }

  @Test
  void anInterruptOfTheEvictorDoesNotCloseTheFile() {
    try (var evictor = open(0, 10);
        var evicted = open(1, 20)) {
      Thread.currentThread().interrupt();
      evictor.store().fence(1, 20);
      assertTrue(Thread.interrupted());
      assertThrows(WeftException.class, () -> evicted.write(1, 1, 1, 1));
      evictor.write(1, 2, 1, 1);
    }
  }

  private SynchronousStore open(int id, long incarnation) {
    NodeSettings node = Stores.node("test", id, incarnation, Stores.BLOCK_BYTES);
    FileBlockStore store = Stores.store(directory, node);
    store.open();
    return new SynchronousStore(store);
  }
}
