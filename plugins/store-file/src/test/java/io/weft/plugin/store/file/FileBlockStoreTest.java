// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.plugin.tck.BlockStoreContract;
import io.weft.plugin.tck.SynchronousStore;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of the blocks, and what becomes of the files. */
final class FileBlockStoreTest extends BlockStoreContract {
  private static final long SEGMENT_BLOCKS = BlockFiles.SEGMENT_BYTES / Stores.BLOCK_BYTES;

  @TempDir Path directory;

  @Override
  protected BlockStore store(NodeSettings node) {
    return Stores.store(directory, node);
  }

  @Override
  protected boolean damage(int file, long number) {
    overwrite(file, number * Stores.BLOCK_BYTES + 5_000, new byte[] {1});
    return true;
  }

  @Override
  protected boolean misplace(int file, long number, long to) {
    byte[] block = new byte[Stores.BLOCK_BYTES];
    try (FileChannel channel = FileChannel.open(firstSegment(file), StandardOpenOption.READ)) {
      channel.read(ByteBuffer.wrap(block), number * Stores.BLOCK_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    overwrite(file, to * Stores.BLOCK_BYTES, block);
    return true;
  }

  /** As the class says: plain files cannot refuse a write that has been looked up for already. */
  @Override
  protected boolean refusesWritesUnderWay() {
    return false;
  }

  private Path firstSegment(int file) {
    return directory.resolve(String.format(Locale.ROOT, "blocks-%08x.0", file));
  }

  @Test
  void aStopDoesNotWaitForEverForStorageThatHangs() {
    var settings = new FileStoreSettings(directory.toString(), 1);
    var store =
        new FileBlockStore(
            settings,
            FileSystems.getDefault(),
            Stores.node("test", 0, Stores.BLOCK_BYTES),
            _ -> {},
            1_000_000);
    store.open();
    CountDownLatch device = new CountDownLatch(1);
    store.read(1, 7, Arena.ofAuto().allocate(Stores.BLOCK_BYTES, 4_096), new Hanging(device));
    var error = assertThrows(WeftException.class, store::close);
    assertEquals(StoreErrors.NOT_ANSWERING, error.code());
    assertTrue(error.getMessage().contains(directory + " does not answer"), error.getMessage());
    device.countDown();
  }

  /** Keeps the I/O thread, as a device would that does not answer. */
  private record Hanging(CountDownLatch device) implements BlockStore.ReadCompletion {
    @Override
    public void onRead(long version) {
      Uninterruptibly.await(device);
    }

    @Override
    public void onReadFailed(WeftException reason) {
      throw reason;
    }
  }

  @Test
  void aDirectoryThatIsNotTheStorageAnyMoreIsNoEmptyStorage() throws IOException {
    try (var store = Stores.open(directory, 0)) {
      store.write(1, 7, 1, 42);
      Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
      for (String name : List.of(Superblock.FILE_NAME, "blocks-00000001.0")) {
        Files.move(directory.resolve(name), elsewhere.resolve(name));
      }
      assertEquals(1, store.read(1, 7), "the file is open");
      var unread = assertThrows(WeftException.class, () -> store.read(2, 7));
      assertEquals(StoreErrors.READ_FAILED, unread.code());
      assertTrue(unread.getMessage().contains("is its storage mounted"), unread.getMessage());
      var unwritten = assertThrows(WeftException.class, () -> store.write(2, 7, 1, 42));
      assertEquals(StoreErrors.WRITE_FAILED, unwritten.code());
      assertEquals(List.of(), BlockFiles.list(directory));
      for (String name : List.of(Superblock.FILE_NAME, "blocks-00000001.0")) {
        Files.move(elsewhere.resolve(name), directory.resolve(name));
      }
      assertEquals(0, store.read(2, 7));
    }
  }

  @Test
  void aFenceThatThrowsIsNeverTakenForDone() {
    try (FileBlockStore store =
        Stores.store(directory, Stores.node("test", 0, Stores.BLOCK_BYTES))) {
      store.open();
      var error = assertThrows(WeftException.class, () -> store.fence(-1, 1));
      assertTrue(error.getMessage().contains("n-1.1 has no slot"), error.getMessage());
    }
  }

  @Test
  void aReadMakesNoFile() throws IOException {
    try (var store = Stores.open(directory, 0)) {
      store.read(1, 7);
      assertEquals(List.of(), BlockFiles.list(directory));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "ne-NP", "th-TH-u-nu-thai"})
  void nodesOfDifferentLocalesHaveTheSameFiles(String locale) {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag(locale));
      try (var store = Stores.open(directory, 0)) {
        store.write(3, 17, 1, 111);
      }
      Locale.setDefault(Locale.ENGLISH);
      try (var store = Stores.open(directory, 1)) {
        assertEquals(1, store.read(3, 17));
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, SEGMENT_BLOCKS, 3 * SEGMENT_BLOCKS + 5, Long.MAX_VALUE})
  void servesEveryBlockNumber(long number) {
    try (var store = Stores.open(directory, 0)) {
      store.write(0xCAFE, number, 1, number);
      assertEquals(1, store.read(0xCAFE, number));
      assertEquals(number, store.value());
      String name = "blocks-0000cafe." + number / SEGMENT_BLOCKS;
      assertTrue(Files.exists(directory.resolve(name)), name);
    }
  }

  @Test
  void findsAFlippedByteNamesThePlaceAndLeavesItAsItIs() throws IOException {
    Path path = directory.resolve("blocks-00000003.0");
    try (var store = Stores.open(directory, 0)) {
      store.write(3, 17, 1, 111);
      store.write(3, 18, 1, 222);
      damage(3, 17);
      byte[] before = Files.readAllBytes(path);
      String message = assertFails(StoreErrors.CORRUPT_BLOCK, () -> store.read(3, 17));
      assertTrue(message.contains("block 3:17 at byte 139264 of " + path), message);
      assertTrue(message.contains("CRC-32C"), message);
      assertTrue(message.contains("restore"), message);
      assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(path)));
      assertEquals(1, store.read(3, 18));
    }
  }

  @Test
  void findsABlockCutShort() throws IOException {
    try (var store = Stores.open(directory, 0)) {
      store.write(3, 2, 1, -1);
      try (FileChannel channel =
          FileChannel.open(directory.resolve("blocks-00000003.0"), StandardOpenOption.WRITE)) {
        channel.truncate(2L * Stores.BLOCK_BYTES + 36);
      }
      assertFails(StoreErrors.CORRUPT_BLOCK, () -> store.read(3, 2));
    }
  }

  @Test
  void refusesLoudlyWhatIsBeyondItsBound() throws InterruptedException {
    try (var store = Stores.open(directory, 0)) {
      CountDownLatch hold = new CountDownLatch(1);
      CountDownLatch held = new CountDownLatch(2);
      AtomicInteger done = new AtomicInteger();
      BlockingQueue<WeftException> refused = new LinkedBlockingQueue<>();
      var counting =
          new BlockStore.ReadCompletion() {
            @Override
            public void onRead(long version) {
              held.countDown();
              await(hold);
              done.incrementAndGet();
            }

            @Override
            public void onReadFailed(WeftException reason) {
              refused.add(reason);
            }
          };
      store.store().read(1, 0, store.block(), counting);
      store.store().read(1, 0, store.block(), counting);
      assertTrue(held.await(30, TimeUnit.SECONDS));
      for (int i = 0; i < IoThreads.MAX_WAITING; i++) {
        store.store().read(1, 0, store.block(), counting);
      }
      assertEquals(0, refused.size());
      store.store().read(1, 0, store.block(), counting);
      store.store().write(1, 0, 1, 1, store.block(), store);
      assertEquals(CoreErrors.BACK_PRESSURED, refused.remove().code());
      hold.countDown();
      assertEquals("written", store.result(), "a node that cannot write has to stop");
      store.store().close();
      assertEquals(IoThreads.MAX_WAITING + 2, done.get());
    }
  }

  @Test
  void reportsACompletionThatThrowsAndServesOn() throws InterruptedException {
    BlockingQueue<WeftException> failures = new LinkedBlockingQueue<>();
    var settings = Stores.node("test", 0, Stores.BLOCK_BYTES);
    try (var store = new SynchronousStore(Stores.store(directory, settings, failures))) {
      store.store().open();
      var defect = new IllegalStateException("broken");
      for (int i = 0; i < 4; i++) {
        store.store().write(1, i, 1, 1, Arena.ofAuto().allocate(8_192), new Throwing(defect));
        WeftException reported = failures.poll(30, TimeUnit.SECONDS);
        assertEquals(CoreErrors.INVARIANT_BROKEN, reported.code());
        assertSame(defect, reported.getCause());
      }
      assertEquals(1, store.read(1, 3));
    }
  }

  @Test
  void interruptsDoNotCloseTheFiles() {
    try (var store = Stores.open(directory, 0)) {
      Thread.currentThread().interrupt();
      store.store().write(1, 1, 1, 1, store.block(), store);
      store.store().force();
      assertTrue(Thread.interrupted());
      store.result();
      for (int i = 0; i < 8; i++) {
        var interrupting =
            new BlockStore.ReadCompletion() {
              @Override
              public void onRead(long version) {
                Thread.currentThread().interrupt();
                store.onRead(version);
              }

              @Override
              public void onReadFailed(WeftException reason) {
                store.onReadFailed(reason);
              }
            };
        store.store().read(1, 1, store.block(), interrupting);
        assertEquals(1L, store.result());
      }
      Thread.currentThread().interrupt();
      store.store().close();
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void itsThreadsAreNamedAndEndWithIt() {
    BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    try (var store = Stores.open(directory, 0)) {
      store
          .store()
          .read(
              1,
              1,
              store.block(),
              new BlockStore.ReadCompletion() {
                @Override
                public void onRead(long version) {
                  threads.add(Thread.currentThread());
                }

                @Override
                public void onReadFailed(WeftException reason) {
                  threads.add(Thread.currentThread());
                }
              });
    }
    Thread thread = threads.remove();
    assertTrue(thread.getName().startsWith("weft-io-"), thread.getName());
    assertFalse(thread.isAlive());
  }

  private static String assertFails(ErrorCode code, Runnable call) {
    WeftException failure = assertThrows(WeftException.class, call::run);
    assertEquals(code, failure.code(), failure.getMessage());
    return failure.getMessage();
  }

  private void overwrite(int file, long offset, byte[] bytes) {
    try (FileChannel channel = FileChannel.open(firstSegment(file), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), offset);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Throws out of its completion. */
  private record Throwing(RuntimeException defect) implements BlockStore.WriteCompletion {
    @Override
    public void onWritten() {
      throw defect;
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      throw reason;
    }
  }
}
