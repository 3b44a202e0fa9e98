// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.spi.store.BlockLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FramePoolTest {
  private static final int FILE = 3;

  private final FramePool frames = new FramePool(8, 1, new BlockLayout(4096));

  @AfterEach
  void close() {
    frames.close();
  }

  private void install(int frame, long number, Access access) {
    frames.assign(frame, FILE, number);
    frames.link(frame);
    frames.right(frame, access);
  }

  @Test
  void findsAndPinsWhatIsInstalled() {
    install(2, 17, Access.SHARED);
    assertEquals(2, frames.pinShared(FILE, 17));
    assertEquals(FramePool.NONE, frames.pinExclusive(FILE, 17), "the right is only shared");
    assertEquals(FramePool.NONE, frames.pinShared(FILE, 18));
    assertEquals(FramePool.NONE, frames.pinShared(FILE + 1, 17));
    assertFalse(frames.unpinShared(2));
  }

  @Test
  void findsEveryBlockOfAChainThroughLinksAndUnlinks() {
    for (int frame = 0; frame < 8; frame++) {
      install(frame, frame, Access.SHARED);
    }
    for (int gone = 0; gone < 8; gone++) {
      frames.revoke(gone);
      frames.unlink(gone);
      for (int frame = 0; frame < 8; frame++) {
        int found = frames.pinShared(FILE, frame);
        assertEquals(frame <= gone ? FramePool.NONE : frame, found);
        if (found != FramePool.NONE) {
          frames.unpinShared(found);
        }
      }
    }
    int unlinked = 3;
    assertThrows(IllegalStateException.class, () -> frames.unlink(unlinked));
  }

  /**
   * The shard gives the frame another block while a thread is about to pin it: between look-up and
   * comparison of the key, and between that and the compare-and-set. Too rare for threads to show.
   */
  @ParameterizedTest
  @CsvSource({"0, SHARED", "1, SHARED", "0, EXCLUSIVE", "1, EXCLUSIVE"})
  void aFrameThatGetsAnotherBlockInTheMiddleOfAPinIsNotPinned(int moment, Access access) {
    install(0, 1, Access.EXCLUSIVE);
    int[] moments = {0};
    frames.duringPin(
        () -> {
          if (moments[0]++ == moment) {
            assertTrue(frames.revoke(0));
            frames.unlink(0);
            install(0, 2, Access.EXCLUSIVE);
          }
        });
    int pinned = access == Access.SHARED ? frames.pinShared(FILE, 1) : frames.pinExclusive(FILE, 1);
    assertEquals(FramePool.NONE, pinned);
    assertTrue(moments[0] > moment, "nothing has happened");
    frames.duringPin(() -> {});
    assertTrue(frames.revoke(0), "the other block is pinned");
  }

  @Test
  @Tag("API-1")
  void aWriterExcludesEverybodyAndReadersExcludeWriters() {
    install(0, 1, Access.EXCLUSIVE);
    assertEquals(0, frames.pinExclusive(FILE, 1));
    assertEquals(FramePool.NONE, frames.pinShared(FILE, 1));
    assertEquals(FramePool.NONE, frames.pinExclusive(FILE, 1));
    frames.unpinExclusive(0);
    assertEquals(0, frames.pinShared(FILE, 1));
    assertEquals(0, frames.pinShared(FILE, 1));
    assertEquals(FramePool.NONE, frames.pinExclusive(FILE, 1));
  }

  @Test
  void looksAgainForABlockUntilItsPinIsGone() {
    install(0, 1, Access.EXCLUSIVE);
    for (Access access : Access.values()) {
      assertEquals(0, frames.pinExclusive(FILE, 1));
      int[] looks = {0};
      frames.duringPin(
          () -> {
            if (++looks[0] == 5) {
              frames.unpinExclusive(0);
            }
          });
      assertEquals(0, frames.pinSoon(FILE, 1, access, 100));
      assertTrue(looks[0] < 10, looks[0] + " looks");
      frames.duringPin(() -> {});
      if (access == Access.EXCLUSIVE) {
        frames.unpinExclusive(0);
      } else {
        frames.unpinShared(0);
      }
    }
  }

  @Test
  void looksAgainOnlyWhereNothingButPinsIsInTheWay() {
    int[] looks = {0};
    frames.duringPin(() -> looks[0]++);
    assertEquals(FramePool.NONE, frames.pinSoon(FILE, 1, Access.SHARED, 100), "not here");
    install(0, 1, Access.SHARED);
    assertEquals(FramePool.NONE, frames.pinSoon(FILE, 1, Access.EXCLUSIVE, 100), "no right");
    assertEquals(0, looks[0]);
    frames.right(0, Access.EXCLUSIVE);
    frames.ship(0);
    assertEquals(FramePool.NONE, frames.pinSoon(FILE, 1, Access.EXCLUSIVE, 100), "being sent");
    assertEquals(0, looks[0]);
    frames.shipped(0);
    assertEquals(FramePool.NONE, frames.pinSoon(FILE, 1, Access.EXCLUSIVE, 0), "one thread");
    assertEquals(0, looks[0]);
    frames.slow(0, true); // a caller waits at the shard, and goes first
    assertEquals(FramePool.NONE, frames.pinSoon(FILE, 1, Access.EXCLUSIVE, 10));
    assertEquals(10, looks[0]);
  }

  @Test
  void aRevocationWaitsForPinsAndTheLastUnpinTells() {
    install(0, 1, Access.SHARED);
    frames.pinShared(FILE, 1);
    frames.pinShared(FILE, 1);
    assertFalse(frames.revoke(0));
    assertEquals(FramePool.NONE, frames.pinShared(FILE, 1), "no new pins once one waits");
    assertFalse(frames.unpinShared(0));
    assertTrue(frames.unpinShared(0));
    assertTrue(frames.revoke(0));
    assertFalse(frames.isReadable(0));
  }

  @Test
  void aDowngradeWaitsForTheWriterOnly() {
    install(0, 1, Access.EXCLUSIVE);
    frames.pinExclusive(FILE, 1);
    assertFalse(frames.downgrade(0));
    assertTrue(frames.unpinExclusive(0));
    frames.slow(0, false);
    frames.pinShared(FILE, 1);
    assertTrue(frames.downgrade(0));
    assertTrue(frames.isReadable(0));
    assertFalse(frames.isChangeable(0));
  }

  @Test
  void aFrameThatAMessageReadsCannotBeChanged() {
    install(0, 1, Access.EXCLUSIVE);
    frames.ship(0);
    frames.ship(0);
    assertEquals(FramePool.NONE, frames.pinExclusive(FILE, 1));
    assertFalse(frames.pinInTurn(0, Access.EXCLUSIVE));
    assertEquals(0, frames.pinShared(FILE, 1), "but read");
    frames.unpinShared(0);
    frames.shipped(0);
    assertTrue(frames.isShipping(0));
    frames.shipped(0);
    assertEquals(0, frames.pinExclusive(FILE, 1));
  }

  @Test
  void theClockHandSparesWhatWasUsedOnce() {
    install(0, 1, Access.SHARED);
    assertFalse(frames.spare(0));
    assertFalse(frames.touch(0), "it was not prefetched");
    assertTrue(frames.spare(0));
    assertFalse(frames.spare(0));
    frames.markPrefetched(0);
    assertTrue(frames.spare(0));
    assertTrue(frames.isPrefetchedUnused(0));
    assertFalse(frames.spare(0));
    assertTrue(frames.touch(0), "the first use of a prefetched frame");
    assertFalse(frames.isPrefetchedUnused(0));
  }

  @Test
  void dirtyMeansNewerThanTheDiskIsKnownToBe() {
    install(0, 1, Access.EXCLUSIVE);
    frames.version(0, 5);
    frames.diskVersion(0, 5);
    assertFalse(frames.isDirty(0));
    frames.version(0, 6);
    assertTrue(frames.isDirty(0));
    frames.diskVersion(0, 6);
    assertFalse(frames.isDirty(0));
  }

  @Test
  void aReassignedFrameIsNeverPinnedForItsOldBlock() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    install(0, 100, Access.SHARED);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Long>> readers = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        readers.add(threads.submit(() -> readUntil(over)));
      }
      for (int round = 1; round <= 200_000; round++) {
        while (!frames.freeze(0)) {
          Thread.onSpinWait();
        }
        frames.unlink(0);
        long number = 100 + (round & 3);
        frames.assign(0, FILE, number);
        frames.content(0).set(ValueLayout.JAVA_LONG, 0, number);
        frames.link(0);
        frames.right(0, Access.SHARED);
      }
      over.set(true);
      for (Future<Long> reader : readers) {
        assertNotEquals(-1L, reader.get(), "a pin showed another block");
      }
    }
  }

  /** Pins blocks 100 to 103 as they come and checks what they show; -1 for a wrong one. */
  private long readUntil(AtomicBoolean over) {
    long reads = 0;
    while (!over.get()) {
      long number = 101 + (reads++ & 1);
      int frame = frames.pinShared(FILE, number);
      if (frame != FramePool.NONE) {
        long shown = frames.readOnly(frame).get(ValueLayout.JAVA_LONG, 0);
        boolean right = shown == number && frames.number(frame) == number;
        frames.unpinShared(frame);
        if (!right) {
          return -1;
        }
      }
    }
    return reads;
  }
}
