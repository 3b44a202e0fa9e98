// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store accepts when it opens, and that it changes nothing when it does not. */
final class OpeningTest {
  @TempDir Path home;

  private static final NodeSettings NODE = Stores.node("test", 0, Stores.BLOCK_BYTES);

  @Test
  void makesTheDirectoryAndItsSuperblock() {
    Path directory = home.resolve("a/b");
    open(directory, NODE).close();
    Superblock superblock = Superblock.read(directory).orElseThrow();
    assertEquals(
        new Superblock("test", new BlockLayout(Stores.BLOCK_BYTES), StorageIdentity.NONE),
        superblock);
  }

  @Test
  void leavesNothingBehindButItsOwnFiles() throws IOException {
    open(home, NODE).close();
    assertEquals(List.of("weft-fences", "weft-superblock"), List.copyOf(contents(home).keySet()));
  }

  @Test
  void nodesThatStartAtOnceAgreeOnOneSuperblock() throws Exception {
    int nodes = 8;
    CyclicBarrier barrier = new CyclicBarrier(nodes);
    try (ExecutorService threads = Executors.newFixedThreadPool(nodes)) {
      List<Future<Boolean>> opened =
          IntStream.range(0, nodes)
              .mapToObj(
                  id -> {
                    var node = Stores.node("cluster-" + id % 2, id, Stores.BLOCK_BYTES);
                    return threads.submit(() -> opens(barrier, node));
                  })
              .toList();
      long accepted = 0;
      for (Future<Boolean> node : opened) {
        accepted += node.get() ? 1 : 0;
      }
      assertEquals(nodes / 2, accepted);
    }
  }

  @Test
  void refusesTheStorageOfAnotherCluster() throws IOException {
    open(home, NODE).close();
    String message =
        assertRefused(StoreErrors.FOREIGN_STORE, Stores.node("other", 0, Stores.BLOCK_BYTES));
    assertTrue(message.contains("\"test\"") && message.contains("\"other\""), message);
  }

  @Test
  void refusesAnotherBlockSize() throws IOException {
    open(home, NODE).close();
    String message = assertRefused(StoreErrors.BLOCK_SIZE_MISMATCH, Stores.node("test", 0, 16_384));
    assertTrue(message.contains("8192") && message.contains("16384"), message);
  }

  /** 2: the format before, in which nodes above 63 had no fences. */
  @ParameterizedTest
  @ValueSource(ints = {2, 9})
  void refusesAnotherFormat(int format) throws IOException {
    ByteBuffer superblock =
        new Superblock("test", new BlockLayout(8_192), StorageIdentity.NONE).encode();
    superblock.put(8, (byte) format);
    CRC32C crc = new CRC32C();
    crc.update(superblock.slice(8, Superblock.BYTES - 8));
    superblock.putInt(4, (int) crc.getValue());
    Files.write(home.resolve(Superblock.FILE_NAME), superblock.array());
    String message = assertRefused(StoreErrors.UNKNOWN_FORMAT, NODE);
    assertTrue(message.contains("format " + format), message);
  }

  @Test
  void refusesADamagedOrForeignSuperblock() throws IOException {
    byte[] superblock =
        new Superblock("test", new BlockLayout(8_192), StorageIdentity.NONE).encode().array();
    superblock[100] ^= 1;
    Path path = home.resolve(Superblock.FILE_NAME);
    for (byte[] wrong :
        List.of(superblock, new byte[0], new byte[512], "Hello".getBytes("UTF-8"))) {
      Files.write(path, wrong);
      String message = assertRefused(StoreErrors.UNKNOWN_FORMAT, NODE);
      assertTrue(message.contains(path.toString()), message);
    }
  }

  @Test
  void refusesBlocksWithoutASuperblock() throws IOException {
    Files.write(home.resolve("blocks-00000001.0"), new byte[8_192]);
    assertRefused(StoreErrors.UNKNOWN_FORMAT, NODE);
  }

  @Test
  void refusesAFileAsItsDirectoryOrAboveIt() throws IOException {
    Path file = Files.writeString(home.resolve("file"), "text");
    for (Path directory : List.of(file, file.resolve("below"))) {
      var error =
          assertThrows(WeftException.class, () -> open(directory, NODE), directory.toString());
      assertEquals(StoreErrors.NOT_ACCESSIBLE, error.code());
      assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
    }
    assertEquals("text", Files.readString(file));
  }

  @Test
  void refusesADirectoryWithoutWritePermission() throws IOException {
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assumeFalse(Files.isWritable(home), "this user may write everywhere");
      String message = assertRefused(StoreErrors.NOT_ACCESSIBLE, NODE);
      assertTrue(message.contains("permission"), message);
    } finally {
      Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void settingsNameKeyValueAndRange() {
    assertEquals(64, new FileStoreSettings("d", 64).ioThreads());
    assertSettingRefused("io-threads = 0 is outside 1 to 64", "d", 0);
    assertSettingRefused("io-threads = 65 is outside 1 to 64", "d", 65);
    assertSettingRefused("directory = \"\" is blank", " ", 1);
  }

  private static void assertSettingRefused(String part, String directory, int threads) {
    var error =
        assertThrows(
            IllegalArgumentException.class, () -> new FileStoreSettings(directory, threads));
    assertTrue(error.getMessage().contains("weft.store.file." + part), error.getMessage());
  }

  private boolean opens(CyclicBarrier barrier, NodeSettings node) throws Exception {
    barrier.await();
    try {
      open(home, node).close();
      return true;
    } catch (WeftException e) {
      assertEquals(StoreErrors.FOREIGN_STORE, e.code(), e.getMessage());
      return false;
    }
  }

  private String assertRefused(ErrorCode code, NodeSettings node) throws IOException {
    Map<String, ByteBuffer> before = contents(home);
    WeftException error = assertThrows(WeftException.class, () -> open(home, node));
    assertEquals(code, error.code(), error.getMessage());
    assertEquals(before, contents(home));
    return error.getMessage();
  }

  private static FileBlockStore open(Path directory, NodeSettings node) {
    FileBlockStore store = Stores.store(directory, node);
    store.open();
    return store;
  }

  private static Map<String, ByteBuffer> contents(Path directory) throws IOException {
    Map<String, ByteBuffer> contents = new TreeMap<>();
    try (Stream<Path> paths = Files.list(directory)) {
      for (Path path : paths.toList()) {
        assertFalse(Files.isDirectory(path));
        contents.put(path.getFileName().toString(), ByteBuffer.wrap(Files.readAllBytes(path)));
      }
    }
    return contents;
  }
}
