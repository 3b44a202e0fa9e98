// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.recovery.redo.Blocks;
import io.weft.recovery.redo.Logs;
import io.weft.recovery.redo.RedoLogCore;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.directory.Buckets;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RedoIndexTest {
  private static final LogId A = new LogId(1, 10);
  private static final LogId B = new LogId(2, 20);
  private static final LogId C = new LogId(3, 30);

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final Logs logs = new Logs();
  private final Blocks blocks = new Blocks();
  private final RedoLogCore a = logs.open(device, A);
  private final RedoLogCore b = logs.open(device, B);
  private final RedoLogCore c = logs.open(device, C);

  private RedoIndex index(LogId... sealed) {
    a.flush();
    b.flush();
    c.flush();
    List.of(sealed).forEach(device::seal);
    return new SealedLogs(device).refresh();
  }

  /** The block moves to another node, which logs an image of its own first. */
  private void change(RedoLogCore log, long number, int times) {
    blocks.block(number).imageLsn = 0;
    for (int i = 0; i < times; i++) {
      Blocks.Block block = blocks.block(number);
      blocks.edit(block.version + 1).write(number, (int) block.version * 16, 16).to(log);
    }
  }

  private void expect(RedoIndex redo, long number, long base) {
    Blocks.Block block = blocks.block(number);
    MemorySegment content =
        MemorySegment.ofArray(block.versions.get((int) Math.max(0, base)).clone());
    assertEquals(block.version, redo.apply(7, number, content, base));
    assertArrayEquals(block.content, content.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  @Tag("DR-1")
  void mergesTheLogsOfThreeNodesByVersion() {
    change(a, 1, 3);
    change(b, 1, 2);
    change(a, 1, 4);
    change(c, 1, 5);
    RedoIndex redo = index(A, B, C);
    assertEquals(14, redo.lastVersion(7, 1));
    for (long base = 0; base <= 14; base++) {
      expect(redo, 1, base);
    }
    expect(redo, 1, RecoveryRedo.UNREADABLE);
  }

  @Test
  @Tag("DR-1")
  void leavesAlogThatIsNotSealedAlone() {
    change(a, 1, 3);
    change(b, 2, 3);
    RedoIndex redo = index(A);
    assertEquals(Set.of(A), redo.scans().keySet());
    assertEquals(0, redo.lastVersion(7, 2));
    byte[] nothing = new byte[Blocks.CONTENT_BYTES];
    assertEquals(5, redo.apply(7, 2, MemorySegment.ofArray(nothing), 5));
  }

  @Test
  @Tag("DR-3")
  void findsAGapUnlessAnImageBridgesIt() {
    change(a, 1, 3);
    change(b, 1, 2); // versions 4 and 5: an image and a change
    RedoIndex redo = index(A, C);
    assertEquals(3, redo.lastVersion(7, 1));
    RedoIndex later = index(A, B, C);
    expect(later, 1, RecoveryRedo.UNREADABLE);
    device.delete(A);
    expect(new SealedLogs(device).refresh(), 1, 0);
  }

  @Test
  @Tag("DR-3")
  void reportsAGap() {
    change(a, 1, 2);
    a.beginCheckpoint();
    // The next change of the block claims that it needs no image.
    blocks.block(1).imageLsn = Long.MAX_VALUE;
    blocks.block(1).version = 6;
    blocks.edit(7).write(1, 64, 8).to(a);
    RedoIndex redo = index(A);
    MemorySegment content = MemorySegment.ofArray(new byte[Blocks.CONTENT_BYTES]);
    assertEquals(
        RedoErrors.REDO_GAP,
        assertThrows(WeftException.class, () -> redo.apply(7, 1, content, 2)).code());
    assertEquals(7, redo.apply(7, 1, content, 6));
  }

  @Test
  void reportsAnUnreadableBlockThatNoImageHelps() {
    blocks.block(1).imageLsn = Long.MAX_VALUE;
    blocks.edit(1).write(1, 0, 8).to(a);
    RedoIndex redo = index(A);
    MemorySegment content = MemorySegment.ofArray(new byte[Blocks.CONTENT_BYTES]);
    assertEquals(
        RedoErrors.REDO_GAP,
        assertThrows(WeftException.class, () -> redo.apply(7, 1, content, RecoveryRedo.UNREADABLE))
            .code());
    assertEquals(
        RedoErrors.REDO_GAP,
        assertThrows(WeftException.class, () -> redo.apply(7, 9, content, RecoveryRedo.UNREADABLE))
            .code());
  }

  @Test
  @Tag("DR-1")
  void forgetsBlocksThatACheckpointCovers() {
    change(a, 1, 3);
    change(a, 2, 3);
    long checkpoint = a.beginCheckpoint();
    change(a, 2, 1);
    a.endCheckpoint(checkpoint);
    RedoIndex redo = index(A);
    assertEquals(0, redo.lastVersion(7, 1));
    assertEquals(4, redo.lastVersion(7, 2));
    Set<Long> numbers = new HashSet<>();
    redo.forEachBlock(id -> numbers.add(id.number()));
    assertEquals(Set.of(2L), numbers);
    expect(redo, 2, 3);
  }

  @Test
  @Tag("DR-2")
  void servesManyThreadsAtOnce() throws InterruptedException, ExecutionException {
    for (int number = 1; number <= 8; number++) {
      change(number % 2 == 0 ? a : b, number, 6);
    }
    RedoIndex redo = index(A, B);
    List<Callable<Void>> readers =
        Collections.nCopies(
            4,
            () -> {
              for (int round = 0; round < 50; round++) {
                for (int number = 1; number <= 8; number++) {
                  expect(redo, number, round % 6);
                }
              }
              return null;
            });
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Void> reader : threads.invokeAll(readers)) {
        reader.get();
      }
    }
  }

  @Test
  void readsALogOnceAndForgetsItWhenItIsGone() {
    change(a, 1, 3);
    change(b, 2, 3);
    a.flush();
    b.flush();
    device.seal(A);
    try (SealedLogs dead = new SealedLogs(device)) {
      assertEquals(Set.of(A), dead.refresh().scans().keySet());
      device.seal(B);
      RedoIndex both = dead.refresh();
      assertEquals(Set.of(A, B), both.scans().keySet());
      assertEquals(3, both.scans().get(A).changes());
      device.delete(A);
      assertEquals(Set.of(B), dead.refresh().scans().keySet());
    }
  }

  @Test
  void logsWithMoreChangesThanMemoryGiveTheSame() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 300; i++) {
      RedoLogCore log = List.of(a, b, c).get(random.nextInt(3));
      change(log, random.nextInt(40), 1 + random.nextInt(4));
      log.flush();
    }
    RedoIndex whole = index(A, B, C);
    for (int changes : new int[] {1, 7, 60, 300, 1_000}) {
      try (SealedLogs few = new SealedLogs(device, 3L * changes * ChangeTable.BYTES)) {
        RedoIndex redo = few.refresh();
        assertEquals(blocksOf(whole), blocksOf(redo));
        for (int i = 0; i < 100; i++) { // there and back: ranges go and come again
          int number = i % 3 == 0 ? random.nextInt(40) : i * 40 / 100;
          Blocks.Block block = blocks.block(number);
          assertEquals(whole.lastVersion(7, number), redo.lastVersion(7, number));
          if (block.version > 0) {
            expect(redo, number, random.nextLong(block.version + 1));
            expect(redo, number, RecoveryRedo.UNREADABLE);
          }
        }
      }
    }
  }

  private static Set<Long> blocksOf(RedoIndex redo) {
    Set<Long> numbers = new HashSet<>();
    redo.forEachBlock(id -> numbers.add(id.number()));
    return numbers;
  }

  @Test
  void hasTheRedoOfTheBlocksThatANodeMasters() {
    long far = 5L * Buckets.EXTENT_BLOCKS;
    change(a, 1, 3);
    change(a, far, 2);
    a.flush();
    device.seal(A);
    OwnBuckets own = OwnBuckets.of(new Masters(Set.of(Buckets.of(7, 1))), 3);
    try (SealedLogs dead = new SealedLogs(device)) {
      RedoIndex mine = dead.refresh(List.of(A), own, _ -> {});
      assertEquals(Set.of(1L), blocksOf(mine));
      assertEquals(0, mine.lastVersion(7, far));
      expect(mine, 1, 0);
      assertEquals(5, mine.scans().get(A).changes(), "all of them count");
      RedoIndex all = dead.refresh(List.of(A), OwnBuckets.ALL, _ -> {});
      assertEquals(Set.of(1L, far), blocksOf(all));
      expect(all, far, 0);
    }
  }

  /** Node 3 masters some buckets, node 0 the others. */
  private record Masters(Set<Integer> buckets) implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      return buckets.contains(bucket) ? 3 : 0;
    }

    @Override
    public int bucketsOf(int node) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void tellsHowManyRecordsItHasRead() {
    change(a, 1, 3);
    change(b, 2, 4);
    a.flush();
    b.flush();
    long[] read = new long[1];
    try (SealedLogs dead = new SealedLogs(device)) {
      dead.refresh(List.of(A, B), OwnBuckets.ALL, more -> read[0] += more);
      long all = Logs.read(device, A).size() + Logs.read(device, B).size();
      assertEquals(all, read[0]);
      dead.refresh(List.of(A, B), OwnBuckets.ALL, more -> read[0] += more);
      assertEquals(all, read[0], "nothing is read again");
    }
  }

  @Test
  void namesTheLastVersionsOfOneLog() {
    change(a, 1, 3);
    change(b, 1, 2);
    RedoIndex redo = index(A, B);
    redo.forEachBlock(A, (_, number, version) -> assertEquals(4, number + version));
    redo.forEachBlock(B, (_, number, version) -> assertEquals(6, number + version));
  }
}
