// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.store.BlockLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bounded number of files, none closed in use or before its writes are forced. */
final class OpenFilesTest {
  private static final BlockLayout LAYOUT = new BlockLayout(4_096);

  @TempDir Path directory;

  private final OpenFiles<String> files = new OpenFiles<>(2);
  private final Map<String, BlockFile> opened = new HashMap<>();
  private final List<String> order = new ArrayList<>();

  private BlockFile open(String name) throws IOException {
    BlockFile file = BlockFile.open(directory.resolve(name), true);
    opened.put(name, file);
    order.add(name);
    return file;
  }

  private void write(String name) throws IOException {
    OpenFiles.Use use = file -> file.write(0, ByteBuffer.wrap(new byte[] {1}));
    if (!files.use(name, use)) {
      files.open(name, this::open, use);
    }
  }

  private boolean isClosed(String name) {
    try {
      opened.get(name).size();
      return false;
    } catch (ClosedChannelException e) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void closesTheFileThatHasNotBeenUsedForLongestAndForcesItFirst() throws IOException {
    write("a");
    write("b");
    write("a");
    write("c");
    assertTrue(isClosed("b"));
    assertTrue(opened.get("b").isForced());
    assertFalse(isClosed("a"));
    assertFalse(opened.get("a").isForced());
    write("b");
    assertEquals(List.of("a", "b", "c", "b"), order);
    files.force();
    assertTrue(opened.values().stream().allMatch(BlockFile::isForced));
    files.close();
  }

  @Test
  void aFileInUseStaysOpen() throws IOException {
    files.open(
        "a",
        this::open,
        used -> {
          write("b");
          write("c");
          write("d");
          used.write(0, ByteBuffer.wrap(new byte[] {2}));
        });
    assertFalse(isClosed("a"));
    files.close();
  }

  @Test
  void keepsFewerIfTheProcessHasNoDescriptorsLeft() throws IOException {
    write("a");
    OpenFiles.Opener<String> poor =
        name -> {
          if (!isClosed("a")) {
            throw new FileSystemException(name, null, "Too many open files");
          }
          return open(name);
        };
    files.open("b", poor, file -> file.write(0, ByteBuffer.wrap(new byte[] {1})));
    assertTrue(isClosed("a"));
    assertThrows(
        FileSystemException.class,
        () ->
            files.open(
                "c",
                name -> {
                  throw new FileSystemException(name, null, "Too many open files");
                },
                _ -> {}));
    files.close();
  }

  @Test
  void blocksOfMoreFilesThanMayBeOpenAreWrittenAndReadByManyThreads() throws Exception {
    int threads = 4;
    int perThread = 8;
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    CountDownLatch done = new CountDownLatch(threads);
    try (BlockFiles blocks = new BlockFiles(OpenedDirectory.of(directory), LAYOUT, true, 3)) {
      for (int t = 0; t < threads; t++) {
        int first = t * perThread;
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    writeAndRead(blocks, first, perThread);
                  } catch (Throwable e) {
                    wrong.add(e);
                  } finally {
                    done.countDown();
                  }
                });
      }
      while (!done.await(1, TimeUnit.MILLISECONDS)) {
        blocks.force();
      }
    }
    assertEquals(List.of(), List.copyOf(wrong));
  }

  private static void writeAndRead(BlockFiles blocks, int first, int count) {
    long[] versions = new long[count];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(LAYOUT.physicalBytes(), LAYOUT.physicalBytes());
      for (int i = 0; i < 500; i++) {
        int at = ThreadLocalRandom.current().nextInt(count);
        assertEquals(versions[at], blocks.read(first + at, 3, block));
        block.set(ValueLayout.JAVA_LONG, LAYOUT.physicalBytes() - Long.BYTES, i);
        blocks.write(first + at, 3, ++versions[at], block);
      }
    }
  }
}
