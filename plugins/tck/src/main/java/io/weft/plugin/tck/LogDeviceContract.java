// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link LogDevice} keeps: rules LD-1 to LD-6. All reads and writes are of whole pages.
 *
 * <p>Seams, all optional: {@link #hasThreads} for LD-1, {@link #losePower} for LD-2, {@link
 * #breakForces} for LD-3, {@link #fillUp} and {@link #makeSpace} for a device without space, {@link
 * #keepsTombstones} for LD-6.
 *
 * <p>Long because the rules are about one device, and share its seams and its segments.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class LogDeviceContract {
  private static final LogId LOG = new LogId(3, 1_700_000_000_000L);
  private static final LogId NEXT_LIFE = new LogId(3, LOG.incarnation() + 1);
  private static final long BYTES = 64 << 10;
  private static final int PAGE = 4_096;
  private static final int PAGES = (int) (BYTES / PAGE);

  /**
   * A device that is not open yet, as one node sees the storage of the test. All that are made in
   * one test share one storage, which is new at its beginning.
   */
  protected abstract LogDevice device();

  /** Whether several threads may use a device: not in a simulation. */
  protected boolean hasThreads() {
    return true;
  }

  /**
   * Takes the power from the hosts of the devices made so far: of what has not been forced any part
   * is lost.
   *
   * @return false if that cannot be played
   */
  protected boolean losePower() {
    return false;
  }

  /**
   * Has every force fail from now on that the device made last is asked for.
   *
   * @return false if that cannot be played
   */
  protected boolean breakForces() {
    return false;
  }

  /**
   * From now on there is no space for another segment.
   *
   * @return false if that cannot be played
   */
  protected boolean fillUp() {
    return false;
  }

  /** There is space again. */
  protected void makeSpace() {}

  /** Whether logs that were deleted are told from logs that have vanished. */
  protected boolean keepsTombstones() {
    return true;
  }

  private LogDevice open() {
    LogDevice device = device();
    device.open();
    return device;
  }

  // ---- segments

  @Test
  void hasAName() {
    assertFalse(device().name().isBlank());
  }

  @Test
  void openingAgainChangesNothing() {
    LogDevice device = open();
    device.create(LOG, 0, BYTES).close();
    device.open();
    assertEquals(List.of(LOG), device.logs());
    device.close();
    assertEquals(List.of(LOG), open().logs());
  }

  @Test
  void listsLogsAndSegmentsInOrder() {
    LogDevice device = open();
    assertEquals(List.of(), device.logs());
    LogId earlier = new LogId(3, 99);
    LogId other = new LogId(1, 5_000);
    for (LogId log : List.of(LOG, earlier, other)) {
      for (int segment = 0; segment < 12; segment++) {
        device.create(log, segment, BYTES).close();
      }
    }
    device.release(LOG, 0);
    device.release(LOG, 1);
    assertEquals(List.of(other, earlier, LOG), open().logs());
    assertEquals(List.of(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L), open().segments(LOG));
    assertEquals(List.of(), device.segments(new LogId(5, 5)));
  }

  @Test
  void aSegmentHasItsWholeSizeFromTheBeginning() {
    LogDevice device = open();
    try (LogSegment made = device.create(LOG, 0, BYTES);
        LogSegment seen = open().open(LOG, 0)) {
      assertEquals(BYTES, made.bytes());
      assertEquals(BYTES, seen.bytes());
      assertEquals(PAGE, read(seen, PAGES - 1).length);
    }
  }

  @Test
  void reportsASegmentThatIsNotThere() {
    LogDevice device = open();
    device.create(LOG, 0, BYTES).close();
    Expect.failure(RedoErrors.LOG_IO, () -> device.open(LOG, 1));
    Expect.failure(RedoErrors.LOG_IO, () -> device.open(NEXT_LIFE, 0));
  }

  @Test
  void aSegmentThatFindsNoSpaceTakesNoneAndMayBeMadeLater() {
    LogDevice device = open();
    device.create(LOG, 0, BYTES).close();
    assumeTrue(fillUp(), "space does not end here");
    for (int attempt = 0; attempt < 3; attempt++) {
      Expect.failure(RedoErrors.LOG_FULL, () -> device.create(LOG, 1, BYTES));
    }
    assertEquals(List.of(0L), device.segments(LOG));
    makeSpace();
    device.create(LOG, 1, BYTES).close();
    assertEquals(List.of(0L, 1L), device.segments(LOG));
  }

  // ---- LD-1

  @Test
  @Tag("LD-1")
  void differentSegmentsAreWrittenAtOnce() throws InterruptedException {
    assumeTrue(hasThreads(), "a device of one thread");
    LogDevice device = open();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> writers = new ArrayList<>();
    for (int segment = 0; segment < 4; segment++) {
      int number = segment;
      LogSegment made = device.create(LOG, number, BYTES);
      writers.add(
          start(
              failures,
              () -> {
                try (made) {
                  for (int round = 0; round < 10 * PAGES; round++) {
                    int page = round % PAGES;
                    made.write((long) page * PAGE, page(number * 100 + round));
                    assertArrayEquals(bytes(number * 100 + round), read(made, page));
                  }
                  made.force();
                }
              }));
    }
    join(writers, failures);
    for (int segment = 0; segment < 4; segment++) {
      try (LogSegment seen = device.open(LOG, segment)) {
        assertArrayEquals(bytes(segment * 100 + 10 * PAGES - 1), read(seen, PAGES - 1));
      }
    }
  }

  @Test
  @Tag("LD-1")
  void oneSegmentHasOneWriterAndAnyNumberOfReaders() throws InterruptedException {
    assumeTrue(hasThreads(), "a device of one thread");
    LogDevice device = open();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    AtomicInteger written = new AtomicInteger();
    LogSegment made = device.create(LOG, 0, BYTES);
    List<Thread> threads = new ArrayList<>();
    for (int reader = 0; reader < 3; reader++) {
      LogSegment seen = open().open(LOG, 0);
      threads.add(
          start(
              failures,
              () -> {
                try (seen) {
                  while (written.get() < PAGES) {
                    int last = written.get();
                    if (last > 0) {
                      assertArrayEquals(bytes(last), read(seen, last - 1));
                    }
                  }
                }
              }));
    }
    for (int page = 0; page < PAGES; page++) {
      made.write((long) page * PAGE, page(page + 1));
      written.incrementAndGet();
    }
    join(threads, failures);
    made.close();
  }

  @Test
  @Tag("LD-1")
  void oneSegmentIsForcedWhileItIsWritten() throws InterruptedException {
    assumeTrue(hasThreads(), "a device of one thread");
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    AtomicInteger written = new AtomicInteger();
    try (LogSegment made = open().create(LOG, 0, BYTES)) {
      Thread forcer =
          start(
              failures,
              () -> {
                while (written.get() < PAGES) {
                  made.force();
                }
              });
      for (int page = 0; page < PAGES; page++) {
        made.write((long) page * PAGE, page(page + 1));
        written.incrementAndGet();
      }
      join(List.of(forcer), failures);
      made.force();
    }
    try (LogSegment seen = open().open(LOG, 0)) {
      for (int page = 0; page < PAGES; page++) {
        assertArrayEquals(bytes(page + 1), read(seen, page));
      }
    }
  }

  // ---- LD-2

  @Test
  @Tag("LD-2")
  void whatHasBeenForcedIsThereForEverybody() {
    LogDevice device = open();
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      segment.write(PAGE, page(7));
      segment.write(2L * PAGE, page(8));
      segment.force();
    }
    device.close();
    try (LogSegment segment = open().open(LOG, 0)) {
      assertArrayEquals(new byte[PAGE], read(segment, 0));
      assertArrayEquals(bytes(7), read(segment, 1));
      assertArrayEquals(bytes(8), read(segment, 2));
    }
  }

  @Test
  @Tag("LD-2")
  void whatHasBeenForcedOutlivesALossOfPower() {
    LogSegment segment = open().create(LOG, 0, BYTES);
    segment.write(0, page(1));
    segment.force();
    segment.write(PAGE, page(2));
    segment.write(0, page(1)); // the same bytes again
    assumeTrue(losePower(), "nobody can take the power here");
    LogDevice after = open();
    assertEquals(List.of(0L), after.segments(LOG));
    try (LogSegment seen = after.open(LOG, 0)) {
      assertArrayEquals(bytes(1), read(seen, 0));
      assertIsMixOf(new byte[PAGE], bytes(2), read(seen, 1));
    }
  }

  @Test
  @Tag("LD-2")
  void aSegmentThatHasBeenMadeOutlivesALossOfPower() {
    open().create(LOG, 0, BYTES);
    assumeTrue(losePower(), "nobody can take the power here");
    try (LogSegment seen = open().open(LOG, 0)) {
      assertEquals(BYTES, seen.bytes());
    }
  }

  // ---- LD-3

  @Test
  @Tag("LD-3")
  void aForceThatFailsIsReported() {
    try (LogSegment segment = open().create(LOG, 0, BYTES)) {
      segment.write(0, page(1));
      assumeTrue(breakForces(), "nobody can break a force here");
      Expect.failure(RedoErrors.LOG_IO, segment::force);
    }
  }

  // ---- LD-4

  @Test
  @Tag("LD-4")
  void readsAsZeroWhereNobodyHasWritten() {
    try (LogSegment segment = open().create(LOG, 0, BYTES)) {
      segment.write(3L * PAGE, page(3));
      for (int page = 0; page < PAGES; page++) {
        assertArrayEquals(page == 3 ? bytes(3) : new byte[PAGE], read(segment, page));
      }
    }
  }

  @Test
  @Tag("LD-4")
  void aRecycledSegmentHasWhatItsFormerLifeLeftOrZero() {
    LogDevice device = open();
    try (LogSegment former = device.create(LOG, 0, BYTES)) {
      former.write(0, page(5));
      former.force();
    }
    device.create(LOG, 1, BYTES).close();
    device.release(LOG, 0);
    try (LogSegment recycled = device.create(LOG, 2, BYTES)) {
      assertEquals(BYTES, recycled.bytes());
      byte[] first = read(recycled, 0);
      assertTrue(
          Arrays.equals(bytes(5), first) || Arrays.equals(new byte[PAGE], first),
          "a recycled segment has bytes that nobody wrote");
      recycled.write(0, page(6));
      assertArrayEquals(bytes(6), read(recycled, 0));
      assertArrayEquals(new byte[PAGE], read(recycled, 1));
    }
    assertEquals(List.of(1L, 2L), device.segments(LOG));
  }

  // ---- LD-5

  @Test
  @Tag("LD-5")
  void aSealedLogRefusesItsWriterAndIsReadOn() {
    LogDevice device = open();
    LogDevice evictor = open();
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      segment.write(0, page(3));
      assertFalse(evictor.isSealed(LOG));
      evictor.seal(LOG);
      evictor.seal(LOG);
      assertTrue(device.isSealed(LOG));
      assertTrue(open().isSealed(LOG));
      Expect.failure(RedoErrors.LOG_SEALED, () -> segment.write(0, page(5)));
      Expect.failure(RedoErrors.LOG_SEALED, () -> device.create(LOG, 1, BYTES));
      assertEquals(List.of(0L), evictor.segments(LOG));
    }
    byte[] before = readFirst(evictor);
    assertArrayEquals(before, readFirst(open()), "what is read of a sealed log changed");
  }

  @Test
  @Tag("LD-5")
  void aSealConcernsOneLifeOnly() {
    LogDevice device = open();
    device.create(LOG, 0, BYTES).close();
    device.seal(LOG);
    assertFalse(device.isSealed(NEXT_LIFE));
    try (LogSegment next = device.create(NEXT_LIFE, 0, BYTES)) {
      next.write(0, page(1));
      next.force();
    }
  }

  @Test
  @Tag("LD-5")
  void aLogThatIsSealedAndDeletedRefusesItsWriter() {
    LogDevice device = open();
    LogDevice evictor = open();
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      evictor.seal(LOG);
      evictor.delete(LOG);
      evictor.delete(LOG);
      Expect.failure(RedoErrors.LOG_SEALED, () -> segment.write(0, page(5)));
      Expect.failure(RedoErrors.LOG_SEALED, () -> device.create(LOG, 1, BYTES));
      assertEquals(List.of(), evictor.logs());
    }
  }

  @Test
  @Tag("LD-5")
  void aSealOutlivesALossOfPower() {
    LogDevice device = open();
    LogSegment segment = device.create(LOG, 0, BYTES);
    segment.write(0, page(3));
    device.seal(LOG);
    byte[] read = readFirst(device);
    assumeTrue(losePower(), "nobody can take the power here");
    LogDevice after = open();
    assertTrue(after.isSealed(LOG));
    assertArrayEquals(read, readFirst(after), "recovery has read it and may have used it");
  }

  // ---- LD-6

  @Test
  @Tag("LD-6")
  void aDeletedLogIsToldFromOneThatHasVanished() {
    LogDevice device = open();
    device.create(LOG, 0, BYTES).close();
    device.seal(LOG);
    device.delete(LOG);
    assertTrue(open().wasDeleted(LOG));
    assertEquals(List.of(), device.logs());
    assertFalse(device.acceptLossOf(NEXT_LIFE).isBlank());
    assumeTrue(keepsTombstones(), "says yes of every log");
    device.delete(NEXT_LIFE);
    assertFalse(device.wasDeleted(NEXT_LIFE), "what is not there cannot be deleted");
    device.create(NEXT_LIFE, 0, BYTES).close();
    assertFalse(device.wasDeleted(NEXT_LIFE));
  }

  @Test
  @Tag("LD-6")
  void tombstonesOfEarlierLivesAreForgottenWhenAsked() {
    LogDevice device = open();
    LogId other = new LogId(4, 1);
    for (LogId log : List.of(LOG, other)) {
      device.create(log, 0, BYTES).close();
      device.delete(log);
    }
    device.forgetBefore(LOG);
    assertTrue(device.wasDeleted(LOG));
    assumeTrue(keepsTombstones(), "says yes of every log");
    device.forgetBefore(NEXT_LIFE);
    assertFalse(device.wasDeleted(LOG));
    assertTrue(device.wasDeleted(other), "another node's");
  }

  // ---- bytes

  private static byte[] readFirst(LogDevice device) {
    try (LogSegment segment = device.open(LOG, 0)) {
      return read(segment, 0);
    }
  }

  private static byte[] read(LogSegment segment, int page) {
    MemorySegment into = Arena.ofAuto().allocate(PAGE);
    into.fill((byte) 0xEE);
    segment.read((long) page * PAGE, into);
    return into.toArray(ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment page(int seed) {
    MemorySegment page = Arena.ofAuto().allocate(PAGE, PAGE);
    page.copyFrom(MemorySegment.ofArray(bytes(seed)));
    return page;
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[PAGE];
    for (int i = 0; i < PAGE; i++) {
      bytes[i] = (byte) (i * seed + seed);
    }
    return bytes;
  }

  private static void assertIsMixOf(byte[] before, byte[] after, byte[] found) {
    for (int i = 0; i < found.length; i++) {
      assertTrue(found[i] == before[i] || found[i] == after[i], "byte " + i + " is of neither");
    }
  }

  private static Thread start(Queue<Throwable> failures, Runnable task) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                task.run();
              } catch (Throwable t) { // whatever it is, the test has failed
                failures.add(t);
              }
            });
  }

  private static void join(List<Thread> threads, Queue<Throwable> failures)
      throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), List.copyOf(failures));
  }
}
