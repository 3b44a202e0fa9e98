// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link BlockStore} keeps of the images of quarantined blocks, which lie beside the
 * blocks: rules BS-9 to BS-12. A store without a place for them runs it too, and shows BS-12.
 *
 * <p>Seams, all optional: {@link #savesImages} for BS-9 to BS-11, {@link #damageSavedImage} for
 * BS-9 and BS-10, and {@link #mount} for BS-9.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class SavedImagesContract {
  private static final long LIFE = 20;
  private static final int[] FILES = {0, 3, -1, Integer.MAX_VALUE, Integer.MIN_VALUE};
  private static final long[] NUMBERS = {0, 17, Long.MAX_VALUE};
  private static final long[] VERSIONS = {1, 12, Long.MAX_VALUE};

  /**
   * A store that is not open yet, as this node sees the storage of the test. All that are made in
   * one test share one storage, which is new at its beginning.
   */
  protected abstract BlockStore store(NodeSettings node);

  /** Whether the store has a place for images beside the blocks (BS-12). */
  protected boolean savesImages() {
    return false;
  }

  /**
   * Spoils a byte of the content of an image that has been kept beside the blocks.
   *
   * @return false if nobody can do that
   */
  protected boolean damageSavedImage(int file, long number, long version) {
    return false;
  }

  /**
   * Has the place of the storage lead to an empty one, or back to the storage: it is unmounted and
   * mounted while stores are open.
   *
   * @return false if that cannot be played
   */
  protected boolean mount(boolean mounted) {
    return false;
  }

  private SynchronousStore open(int id) {
    BlockStore store = store(TestNodes.node(id, LIFE));
    store.open();
    return new SynchronousStore(store);
  }

  @Test
  @Tag("BS-9")
  void everyNodeKnowsAndReadsWhatOneHasKept() {
    assumeTrue(savesImages(), "has no place for it");
    Set<BlockStore.SavedImage> expected = new HashSet<>();
    try (SynchronousStore other = open(1)) {
      try (SynchronousStore keeper = open(0)) {
        assertEquals(Set.of(), kept(keeper));
        for (int file : FILES) {
          for (long number : NUMBERS) {
            for (long version : VERSIONS) {
              keep(keeper, file, number, version);
              expected.add(aside(file, number, version));
            }
          }
        }
        assertEquals(expected, kept(keeper));
      }
      assertEquals(expected, kept(other), "its keeper has gone");
      for (BlockStore.SavedImage each : expected) {
        BlockId block = each.block();
        assertTrue(
            readsSaved(other, block.file(), block.number(), each.version()), () -> "" + each);
        assertEquals(each.version(), other.value());
      }
    }
  }

  @Test
  @Tag("BS-9")
  void anImageThatIsKeptLeavesItsBlockAsItIs() {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore store = open(0)) {
      store.write(3, 17, 1, 111);
      keep(store, 3, 17, 2);
      keep(store, 3, 18, 1);
      assertEquals(1, store.read(3, 17));
      assertEquals(111, store.value());
      assertEquals(0, store.read(3, 18));
      store.store().dropSavedImages(3, 17, 2);
      assertEquals(1, store.read(3, 17));
    }
  }

  /** Several nodes have the same past image; a reader meanwhile finds it whole. */
  @Test
  @Tag("BS-9")
  void nodesThatKeepTheSameImageDoNotSpoilIt() throws InterruptedException {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore reader = open(5)) {
      keep(reader, 3, 17, 2);
      List<Thread> keepers = new ArrayList<>();
      AtomicInteger done = new AtomicInteger();
      for (int node = 0; node < 3; node++) {
        int id = node;
        keepers.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try (SynchronousStore keeper = open(id)) {
                        for (int time = 0; time < 20; time++) {
                          keep(keeper, 3, 17, 2);
                        }
                      }
                      done.incrementAndGet();
                    }));
      }
      while (keepers.stream().anyMatch(Thread::isAlive)) {
        assertEquals(Set.of(aside(3, 17, 2)), kept(reader));
        assertTrue(readsSaved(reader, 3, 17, 2));
        assertEquals(2, reader.value());
      }
      for (Thread keeper : keepers) {
        keeper.join();
      }
      assertEquals(3, done.get());
    }
  }

  @Test
  @Tag("BS-9")
  @Tag("BS-10")
  void aDamagedImageIsNamedUntilItIsKeptAgainButNeverRead() {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore store = open(0);
        SynchronousStore other = open(1)) {
      keep(store, 3, 17, 2);
      keep(store, 3, 17, 1);
      assumeTrue(damageSavedImage(3, 17, 2), "nobody can damage an image here");
      assertEquals(Set.of(aside(3, 17, 2), aside(3, 17, 1)), kept(other));
      assertFalse(readsSaved(other, 3, 17, 2));
      assertTrue(readsSaved(other, 3, 17, 1));
      keep(other, 3, 17, 2);
      assertTrue(readsSaved(store, 3, 17, 2));
      assertEquals(2, store.value());
    }
  }

  /** Blocks may go on through files that are open; the images' place is looked up each time. */
  @Test
  @Tag("BS-9")
  void whatIsNotTheStorageAnyMoreKeepsNothingAndIsNoEmptyList() {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore store = open(0)) {
      keep(store, 3, 17, 2);
      assumeTrue(mount(false), "cannot be unmounted");
      try {
        assertThrows(WeftException.class, () -> keep(store, 3, 17, 3));
        assertThrows(WeftException.class, () -> kept(store));
        assertThrows(WeftException.class, () -> readsSaved(store, 3, 17, 2));
        assertThrows(WeftException.class, () -> store.store().dropSavedImages(3, 17, 2));
      } finally {
        mount(true);
      }
      assertEquals(Set.of(aside(3, 17, 2)), kept(store));
      assertTrue(readsSaved(store, 3, 17, 2));
    }
  }

  @Test
  @Tag("BS-10")
  void noOtherImageIsReadInPlaceOfOneThatIsNotThere() {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore store = open(0)) {
      store.write(3, 17, 1, 111);
      keep(store, 3, 17, 12);
      assertFalse(readsSaved(store, 3, 17, 1));
      assertFalse(readsSaved(store, 3, 17, 2));
      assertFalse(readsSaved(store, 3, 17, 13));
      assertFalse(readsSaved(store, 3, 1, 12));
      assertFalse(readsSaved(store, 31, 7, 12));
      assertTrue(readsSaved(store, 3, 17, 12));
    }
  }

  @Test
  @Tag("BS-11")
  void imagesUpToAVersionAreDroppedAndNoOthers() {
    assumeTrue(savesImages(), "has no place for it");
    try (SynchronousStore store = open(0);
        SynchronousStore other = open(1)) {
      for (long version : new long[] {1, 2, 3, 12}) {
        keep(store, 3, 17, version);
      }
      keep(store, 3, 1, 1);
      keep(store, 31, 7, 1);
      for (int time = 0; time < 2; time++) {
        other.store().dropSavedImages(3, 17, 2);
        assertEquals(
            Set.of(aside(3, 17, 3), aside(3, 17, 12), aside(3, 1, 1), aside(31, 7, 1)),
            kept(store));
      }
      assertFalse(readsSaved(store, 3, 17, 2));
      assertTrue(readsSaved(store, 3, 17, 3));
      store.store().dropSavedImages(3, 17, Long.MAX_VALUE);
      store.store().dropSavedImages(3, 18, Long.MAX_VALUE);
      assertEquals(Set.of(aside(3, 1, 1), aside(31, 7, 1)), kept(other));
    }
  }

  @Test
  @Tag("BS-12")
  void aStoreWithoutAPlaceForImagesSaysSo() {
    assumeFalse(savesImages(), "has a place for them");
    try (SynchronousStore store = open(0)) {
      store.write(3, 17, 1, 111);
      assertEquals(Optional.empty(), store.store().saveImage(3, 17, 2, store.block()));
      assertEquals(List.of(), store.store().savedImages());
      assertFalse(readsSaved(store, 3, 17, 2));
      store.store().dropSavedImages(3, 17, 2);
      assertEquals(1, store.read(3, 17));
      assertEquals(111, store.value());
    }
  }

  @Test
  @Tag("BS-9")
  void aClosedStoreFailsToKeepAndToList() {
    assumeTrue(savesImages(), "has no place for it");
    SynchronousStore store = open(0);
    store.close();
    Expect.failure(CoreErrors.NODE_CLOSED, () -> keep(store, 3, 17, 2));
    Expect.failure(CoreErrors.NODE_CLOSED, store.store()::savedImages);
    Expect.failure(CoreErrors.NODE_CLOSED, () -> readsSaved(store, 3, 17, 2));
    Expect.failure(CoreErrors.NODE_CLOSED, () -> store.store().dropSavedImages(3, 17, 2));
  }

  private static void keep(SynchronousStore store, int file, long number, long version) {
    store.block().fill((byte) 0);
    store.block().set(ValueLayout.JAVA_LONG, BlockLayout.HEADER_BYTES, version);
    assertTrue(store.store().saveImage(file, number, version, store.block()).isPresent());
  }

  private static boolean readsSaved(SynchronousStore store, int file, long number, long version) {
    store.block().fill((byte) 0xEE);
    return store.store().readSavedImage(file, number, version, store.block());
  }

  private static BlockStore.SavedImage aside(int file, long number, long version) {
    return new BlockStore.SavedImage(new BlockId(file, number), version);
  }

  private static Set<BlockStore.SavedImage> kept(SynchronousStore store) {
    List<BlockStore.SavedImage> all = store.store().savedImages();
    Set<BlockStore.SavedImage> each = Set.copyOf(all);
    assertEquals(each.size(), all.size(), () -> "named more than once: " + all);
    return each;
  }
}
