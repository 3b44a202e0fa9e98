// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import io.weft.spi.store.StoreErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link BlockStore} keeps of its blocks: rules BS-1 to BS-8. For the images that are
 * kept beside them, rules BS-9 to BS-12, there is {@link SavedImagesContract}. The store under test
 * has room for two completions at a time at least, if it runs them on threads of its own.
 *
 * <p>Seams, all optional: {@link #damage} and {@link #misplace} for BS-3, {@link
 * #refusesWritesUnderWay} for BS-7, {@link #losePower} and {@link #breakForces} for BS-8.
 *
 * <p>Long because every rule of reading and writing has several short tests, all of them on one
 * store: in several contracts, a plugin would have to provide that store several times.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class BlockStoreContract {
  private static final long PATIENCE_S = 60;
  private static final long LIFE = 20;

  /**
   * A store that is not open yet, as this node sees the storage of the test. All that are made in
   * one test share one storage, which is new at its beginning.
   */
  protected abstract BlockStore store(NodeSettings node);

  /**
   * Spoils some bytes of the content of a block that has been written, behind the store's back.
   *
   * @return false if nobody can do that
   */
  protected boolean damage(int file, long number) {
    return false;
  }

  /**
   * Puts the bytes of one block where another one belongs, behind the store's back.
   *
   * @return false if nobody can do that
   */
  protected boolean misplace(int file, long number, long to) {
    return false;
  }

  /**
   * Whether a fence waits for writes under way, or has them refused; a store that does not says so
   * in its documentation (BS-7).
   */
  protected boolean refusesWritesUnderWay() {
    return true;
  }

  /**
   * Takes the power from the host of the stores made so far: what has not been forced is lost.
   *
   * @return false if that cannot be played
   */
  protected boolean losePower() {
    return false;
  }

  /**
   * Has the next force of this store fail, and only that.
   *
   * @return false if that cannot be played
   */
  protected boolean breakForces(BlockStore store) {
    return false;
  }

  /** An open store of a node in its life {@value #LIFE}. */
  protected final SynchronousStore open(int id) {
    return open(id, LIFE);
  }

  private SynchronousStore open(int id, long incarnation) {
    BlockStore store = store(TestNodes.node(id, incarnation));
    store.open();
    return new SynchronousStore(store);
  }

  // ---- BS-1

  @Test
  @Tag("BS-1")
  void everyNodeReadsWhatAnyNodeWrote() {
    try (SynchronousStore one = open(0);
        SynchronousStore two = open(1)) {
      assertEquals(0, two.read(3, 17));
      one.write(3, 17, 1, 111);
      assertEquals(1, two.read(3, 17));
      assertEquals(111, two.value());
      two.write(3, 17, 2, 222);
      assertEquals(2, one.read(3, 17));
      assertEquals(222, one.value());
    }
  }

  /** One node writes, another one reads at the same time: never less than what is complete. */
  @Test
  @Tag("BS-1")
  void aReadNeverGoesBackBehindACompletedWrite() throws InterruptedException {
    int versions = 500;
    AtomicLong complete = new AtomicLong();
    try (SynchronousStore writer = open(0);
        SynchronousStore reader = open(1)) {
      Thread writing =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int version = 1; version <= versions; version++) {
                      writer.write(3, 17, version, version);
                      complete.set(version);
                    }
                  });
      while (complete.get() < versions) {
        long before = complete.get();
        try {
          long version = reader.read(3, 17);
          assertTrue(version >= before, version + " after " + before);
          assertEquals(version, version == 0 ? 0 : reader.value());
        } catch (WeftException torn) {
          // Nodes never read a block that is being written; who does may see half of it.
          assertEquals(StoreErrors.CORRUPT_BLOCK, torn.code());
        }
      }
      writing.join();
      assertEquals(versions, reader.read(3, 17));
    }
  }

  @Test
  @Tag("BS-1")
  void blocksOfOtherFilesAndNumbersAreOthers() {
    try (SynchronousStore store = open(0)) {
      store.write(3, 17, 4, 44);
      assertEquals(0, store.read(3, 18));
      assertEquals(0, store.read(4, 17));
      store.write(4, 17, 5, 55);
      assertEquals(4, store.read(3, 17));
      assertEquals(44, store.value());
    }
  }

  @Test
  @Tag("BS-1")
  void servesEveryFileAndNumber() {
    try (SynchronousStore store = open(0)) {
      for (int file : new int[] {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        for (long number : new long[] {0, 1, 1L << 17, (1L << 17) + 5, Long.MAX_VALUE}) {
          store.write(file, number, 7, file + number);
          assertEquals(7, store.read(file, number), file + ":" + number);
          assertEquals(file + number, store.value());
        }
      }
    }
  }

  @Test
  @Tag("BS-1")
  void servesTheSmallestBlocks() {
    servesBlocksOf(BlockLayout.MIN_BYTES);
  }

  @Test
  @Tag("BS-1")
  void servesTheLargestBlocks() {
    servesBlocksOf(BlockLayout.MAX_BYTES);
  }

  private void servesBlocksOf(int bytes) {
    BlockStore store = store(TestNodes.node(TestNodes.CLUSTER, 0, LIFE, bytes));
    assertEquals(new BlockLayout(bytes), store.layout());
    store.open();
    try (SynchronousStore open = new SynchronousStore(store)) {
      open.write(1, 2, 3, 4);
      assertEquals(3, open.read(1, 2));
      assertEquals(4, open.value());
    }
  }

  // ---- BS-2

  @Test
  @Tag("BS-2")
  void aBlockNeverWrittenIsVersionZeroAndZeroContent() {
    try (SynchronousStore store = open(0)) {
      assertEquals(0, store.read(1, 7));
      assertAllZero(store.block());
      store.write(1, 9, 1, 42);
      for (long number : new long[] {7, 8, 10, 1_000, Long.MAX_VALUE}) {
        assertEquals(0, store.read(1, number), "block 1:" + number);
        assertAllZero(store.block());
      }
    }
  }

  // ---- BS-3

  @Test
  @Tag("BS-3")
  void aDamagedBlockIsReportedAndLeftAsItIs() {
    try (SynchronousStore store = open(0);
        SynchronousStore other = open(1)) {
      store.write(3, 17, 1, 111);
      store.write(3, 18, 1, 222);
      assumeTrue(damage(3, 17), "nobody can damage a block here");
      for (int look = 0; look < 3; look++) {
        Expect.failure(StoreErrors.CORRUPT_BLOCK, () -> store.read(3, 17));
        Expect.failure(StoreErrors.CORRUPT_BLOCK, () -> other.read(3, 17));
      }
      assertEquals(1, store.read(3, 18));
      store.write(3, 17, 2, 333); // recovery writes it again
      assertEquals(2, other.read(3, 17));
    }
  }

  @Test
  @Tag("BS-3")
  void anIntactBlockInTheWrongPlaceIsReported() {
    try (SynchronousStore store = open(0)) {
      store.write(3, 0, 1, 111);
      store.write(3, 4, 1, 444);
      assumeTrue(misplace(3, 0, 4), "nobody can misplace a block here");
      Expect.failure(StoreErrors.CORRUPT_BLOCK, () -> store.read(3, 4));
      assertEquals(1, store.read(3, 0));
    }
  }

  // ---- BS-4

  @Test
  @Tag("BS-4")
  void completesEveryCallOnceWithManyUnderWay() throws InterruptedException {
    int blocks = 300;
    int rounds = 3;
    try (SynchronousStore store = open(0)) {
      CountDownLatch end = new CountDownLatch(blocks);
      List<StoreChain> chains = new ArrayList<>();
      for (int number = 0; number < blocks; number++) {
        chains.add(new StoreChain(store.store(), number, rounds, end));
      }
      chains.forEach(StoreChain::start);
      assertTrue(end.await(PATIENCE_S, TimeUnit.SECONDS));
      for (StoreChain chain : chains) {
        assertEquals(List.of(), chain.failures());
        assertEquals(2 * rounds, chain.completions());
      }
    }
  }

  /** Whatever becomes of the completions of others, a call returns. */
  @Test
  @Tag("BS-4")
  void neitherReadNorWriteWaitsForWhatIsUnderWay() throws InterruptedException {
    int hanging = 8;
    CountDownLatch hold = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(hanging + 2);
    try (SynchronousStore store = open(0)) {
      List<Thread> threads = new ArrayList<>();
      for (int number = 0; number < hanging; number++) {
        int block = number;
        threads.add(
            Thread.ofPlatform()
                .start(
                    () ->
                        store
                            .store()
                            .read(1, block, memory(), Completed.by(() -> hangUp(hold, done)))));
      }
      store.store().write(2, 100, 1, 1, memory(), Completed.by(done::countDown));
      store.store().read(2, 101, memory(), Completed.by(done::countDown));
      hold.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertTrue(done.await(PATIENCE_S, TimeUnit.SECONDS));
    }
  }

  private static void hangUp(CountDownLatch hold, CountDownLatch done) {
    try {
      hold.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError("interrupted", interrupted);
    }
    done.countDown();
  }

  @Test
  @Tag("BS-4")
  void aCompletionMayCallTheStore() {
    try (SynchronousStore store = open(0)) {
      for (int number = 0; number < 4; number++) {
        int block = number;
        store
            .store()
            .write(
                1,
                number,
                1,
                1,
                store.block(),
                Completed.by(
                    () -> {
                      store.store().force();
                      store.store().read(1, block, store.block(), store);
                    }));
        assertEquals(1L, store.result());
      }
    }
  }

  @Test
  @Tag("BS-4")
  void aClosedStoreFailsEveryCallOnceAndMayBeClosedAgain() {
    SynchronousStore store = open(0);
    store.close();
    store.close();
    Expect.failure(CoreErrors.NODE_CLOSED, () -> store.read(1, 1));
    Expect.failure(CoreErrors.NODE_CLOSED, () -> store.write(1, 1, 1, 1));
    Expect.failure(CoreErrors.NODE_CLOSED, store.store()::force);
    Expect.failure(CoreErrors.NODE_CLOSED, () -> store.store().fence(1, 1));
    assertFalse(store.hasMore(), "completed more than once");
  }

  @Test
  @Tag("BS-4")
  void closingWaitsForWhatIsUnderWay() {
    int blocks = 50;
    AtomicInteger done = new AtomicInteger();
    SynchronousStore store = open(0);
    for (int number = 0; number < blocks; number++) {
      store.store().write(1, number, 1, 1, memory(), Completed.by(done::incrementAndGet));
    }
    store.close();
    assertEquals(blocks, done.get());
  }

  // ---- BS-5

  @Test
  @Tag("BS-5")
  void readsAndWritesOfDifferentBlocksRunInParallel() throws InterruptedException {
    try (SynchronousStore store = open(0)) {
      for (int round = 0; round < 10; round++) {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger met = new AtomicInteger();
        Completed meet =
            Completed.by(
                () -> {
                  if (meet(both)) {
                    met.incrementAndGet();
                  }
                });
        Thread other =
            Thread.ofPlatform().start(() -> store.store().write(1, 0, 1, 1, memory(), meet));
        store.store().read(1, 1, memory(), meet);
        other.join();
        Expect.soon(
            () -> met.get() == 2, "a read waits for the completion of another block's write");
      }
    }
  }

  private static boolean meet(CyclicBarrier both) {
    try {
      both.await(PATIENCE_S, TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException | BrokenBarrierException | TimeoutException _) {
      return false;
    }
  }

  // ---- BS-6

  @Test
  @Tag("BS-6")
  void afterTheCompletionTheMemoryIsTheCallersAgain() {
    try (SynchronousStore store = open(0);
        SynchronousStore other = open(1)) {
      store.write(1, 1, 1, 5);
      store.block().fill((byte) 0x55);
      assertEquals(1, other.read(1, 1));
      assertEquals(5, other.value());
      store.write(1, 1, 2, 6);
      assertEquals(5, other.value(), "what has been read does not change");
    }
  }

  @Test
  @Tag("BS-6")
  void writesNothingBeyondTheBlock() {
    try (SynchronousStore store = open(0)) {
      int bytes = store.store().layout().physicalBytes();
      MemorySegment large = Arena.ofAuto().allocate(3L * bytes, 4_096);
      large.fill((byte) 0x77);
      store.store().read(1, 1, large.asSlice(bytes, bytes), store);
      store.result();
      for (long at : new long[] {0, bytes - 1, 2L * bytes, 3L * bytes - 1}) {
        assertEquals(0x77, large.get(ValueLayout.JAVA_BYTE, at), "byte " + at);
      }
    }
  }

  // ---- BS-7

  @Test
  @Tag("BS-7")
  void refusesATokenBelowTheFirstEpochAndWritesNothing() {
    try (SynchronousStore store = open(0)) {
      for (long token : new long[] {0, -1}) {
        store.store().write(1, 1, 1, token, store.block(), store);
        Expect.failure(StoreErrors.FENCED, store::result);
      }
      assertEquals(0, store.read(1, 1));
    }
  }

  @Test
  @Tag("BS-7")
  void aLifeThatHasBeenFencedChangesNothing() {
    try (SynchronousStore evictor = open(0);
        SynchronousStore evicted = open(1)) {
      evicted.write(3, 17, 1, 111);
      evictor.store().fence(1, LIFE);
      for (int attempt = 0; attempt < 2; attempt++) {
        Expect.failure(StoreErrors.FENCED, () -> evicted.write(3, 17, 2, 222));
        Expect.failure(StoreErrors.FENCED, () -> evicted.write(4, 0, 1, 1));
      }
      assertEquals(1, evicted.read(3, 17), "reading harms nobody");
      assertEquals(111, evicted.value());
      assertEquals(0, evictor.read(4, 0));
      evictor.write(3, 17, 2, 333);
    }
  }

  @Test
  @Tag("BS-7")
  void aFenceCoversEarlierLivesAndNeitherTheNextOneNorOtherNodes() {
    try (SynchronousStore evictor = open(0);
        SynchronousStore earlier = open(1, LIFE - 1);
        SynchronousStore fenced = open(2, LIFE);
        SynchronousStore next = open(3, LIFE + 1);
        SynchronousStore other = open(4, 1)) {
      for (int node = 1; node <= 3; node++) {
        evictor.store().fence(node, LIFE);
      }
      Expect.failure(StoreErrors.FENCED, () -> earlier.write(1, 1, 1, 1));
      Expect.failure(StoreErrors.FENCED, () -> fenced.write(1, 2, 1, 1));
      next.write(1, 3, 1, 1);
      other.write(1, 4, 1, 1);
      evictor.write(1, 5, 1, 1);
    }
  }

  @Test
  @Tag("BS-7")
  void aFenceStandsWhenALowerOneFollowsAndWhenItsEvictorHasGone() {
    try (SynchronousStore witness = open(5)) {
      try (SynchronousStore evictor = open(0)) {
        evictor.store().fence(1, LIFE);
        evictor.store().fence(1, LIFE);
        evictor.store().fence(1, 7);
      }
      witness.store().fence(1, 3); // an evictor that was paused
      try (SynchronousStore evicted = open(1)) {
        Expect.failure(StoreErrors.FENCED, () -> evicted.write(1, 1, 1, 1));
      }
    }
  }

  @Test
  @Tag("BS-7")
  void whatWasUnderWayHasLandedOrIsRefusedWhenTheFenceIsUp() throws InterruptedException {
    assumeTrue(refusesWritesUnderWay(), "says in its documentation that it cannot promise this");
    for (int round = 0; round < 20; round++) {
      int file = round;
      AtomicBoolean refused = new AtomicBoolean();
      AtomicLong begun = new AtomicLong();
      try (SynchronousStore evictor = open(0);
          SynchronousStore evicted = open(1, 1 + round)) {
        Thread writing =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        while (true) {
                          evicted.write(file, 0, begun.incrementAndGet(), 1);
                        }
                      } catch (WeftException e) {
                        refused.set(e.code().equals(StoreErrors.FENCED));
                      }
                    });
        Expect.soon(() -> begun.get() > 10, "no write");
        evictor.store().fence(1, 1 + round);
        long landed = evictor.read(file, 0);
        writing.join();
        assertTrue(refused.get(), "the writer has not been refused");
        assertEquals(landed, evictor.read(file, 0), "a write has landed behind the fence");
      }
    }
  }

  // ---- BS-8

  @Test
  @Tag("BS-8")
  void whatHasBeenForcedOutlivesTheStore() {
    StoragePlace place = store(TestNodes.node(0)).place().orElse(null);
    assumeTrue(place == null || place.outlivesProcess(), "storage of this process only");
    try (SynchronousStore store = open(0)) {
      store.write(-1, 0, 5, 55);
      store.store().force();
    }
    try (SynchronousStore store = open(0)) {
      assertEquals(5, store.read(-1, 0));
      assertEquals(55, store.value());
    }
  }

  @Test
  @Tag("BS-8")
  void whatHasBeenForcedOutlivesALossOfPower() {
    SynchronousStore store = open(0);
    store.write(1, 0, 1, 11);
    store.store().force();
    store.write(1, 1, 1, 22);
    assumeTrue(losePower(), "nobody can take the power here");
    try (SynchronousStore again = open(0)) {
      assertEquals(1, again.read(1, 0));
      assertEquals(11, again.value());
    }
  }

  @Test
  @Tag("BS-8")
  void afterAForceThatFailedEveryLaterOneFails() {
    SynchronousStore store = open(0);
    store.write(1, 0, 1, 11);
    assumeTrue(breakForces(store.store()), "nobody can break a force here");
    for (int force = 0; force < 3; force++) {
      Expect.failure(StoreErrors.WRITE_FAILED, store.store()::force);
    }
  }

  @Test
  @Tag("BS-8")
  void forcesWithNothingToForceAndFromManyThreads() throws InterruptedException {
    AtomicInteger forced = new AtomicInteger();
    try (SynchronousStore store = open(0)) {
      store.store().force();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      store.store().force();
                      forced.incrementAndGet();
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(4, forced.get());
  }

  // ---- open

  @Test
  void refusesStrangersAndStaysAsItWas() {
    try (SynchronousStore store = open(0)) {
      store.write(1, 1, 1, 5);
      Expect.failure(
          StoreErrors.FOREIGN_STORE,
          () -> store(TestNodes.node("else", 1, LIFE, TestNodes.BLOCK_BYTES)).open());
      Expect.failure(
          StoreErrors.BLOCK_SIZE_MISMATCH,
          () -> store(TestNodes.node(TestNodes.CLUSTER, 1, LIFE, 16_384)).open());
      assertEquals(1, store.read(1, 1));
      open(1).close();
    }
  }

  private MemorySegment memory() {
    return Arena.ofAuto().allocate(TestNodes.BLOCK_BYTES, 4_096);
  }

  private static void assertAllZero(MemorySegment block) {
    MemorySegment zeros = MemorySegment.ofArray(new byte[(int) block.byteSize()]);
    assertEquals(-1, block.mismatch(zeros), "first byte that is not zero");
  }
}
