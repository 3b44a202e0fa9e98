// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.redo.RedoErrors;
import io.weft.spi.runtime.Setback;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RedoLogCoreTest {
  private final MemoryLogDevice device = new MemoryLogDevice();
  private final Logs logs = new Logs();
  private final Blocks blocks = new Blocks();

  @Test
  void readsBackWhatWasAppended() {
    RedoLogCore log = logs.open(device);
    List<Long> ends = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      ends.add(blocks.edit(i).write(i % 3, 8 * i, 16).write(5, 0, i).to(log));
    }
    assertEquals(ends.getLast(), log.flush());
    List<Logs.Seen> seen = Logs.changes(device, Logs.LOG);
    assertEquals(ends, seen.stream().map(Logs.Seen::end).toList());
    assertEquals(20, seen.getLast().scn());
  }

  @Test
  void goesOnInTheNextSegmentAndNeverSplitsARecord() {
    RedoLogCore log = logs.open(device);
    List<Long> ends = new ArrayList<>();
    for (int i = 1; i <= 2_000; i++) {
      ends.add(blocks.edit(i).write(i % 7, 4 * (i % 500), 200).to(log));
      if (i % 50 == 0) {
        log.flush();
      }
    }
    log.flush();
    List<Logs.Seen> seen = Logs.changes(device, Logs.LOG);
    assertEquals(ends, seen.stream().map(Logs.Seen::end).toList());
    assertTrue(device.segments(Logs.LOG).size() > 5);
    for (Logs.Seen record : seen) {
      assertEquals(record.lsn() / Logs.SMALL, (record.end() - 1) / Logs.SMALL);
    }
  }

  @Test
  void logsAnImageFirstAndAgainAfterACheckpointHasBegun() {
    RedoLogCore log = logs.open(device);
    blocks.edit(1).write(1, 0, 8).to(log);
    blocks.edit(2).write(1, 8, 8).to(log);
    long checkpoint = log.beginCheckpoint();
    blocks.edit(3).write(1, 16, 8).to(log);
    blocks.edit(4).write(1, 24, 8).to(log);
    log.flush();
    assertEquals(List.of(true, false, true, false), images());
    log.endCheckpoint(checkpoint);
    assertEquals(checkpoint, LogScanner.scan(device, Logs.LOG, _ -> {}).checkpoint());
  }

  private List<Boolean> images() {
    List<Boolean> images = new ArrayList<>();
    LogScanner.scan(
        device,
        Logs.LOG,
        record -> {
          while (record.nextBlock()) {
            images.add(record.isImage());
          }
        });
    return images;
  }

  @Test
  void lackOfSpaceForTheNextSegmentIsNoFailureUntilItIsNeeded() {
    RedoLogCore log = logs.open(device);
    device.fillUp(true);
    for (int i = 1; log.tail() < Logs.SMALL * 3 / 4; i++) {
      blocks.edit(i).write(i % 7, 4 * (i % 500), 200).to(log);
      log.flush();
      log.prepare();
    }
    assertEquals(List.of(), logs.failures);
    assertEquals(List.of(0L), device.segments(Logs.LOG));
    device.fillUp(false);
    log.prepare();
    assertEquals(List.of(0L), device.segments(Logs.LOG), "not asked again at once");
    logs.clock.addAndGet(Setback.LONGEST_NS);
    log.prepare();
    assertEquals(List.of(0L, 1L), device.segments(Logs.LOG));
  }

  @Test
  void aLogThatNeedsASegmentAndFindsNoSpaceFailsWithThatReason() {
    RedoLogCore log = logs.open(device);
    device.fillUp(true);
    WeftException thrown =
        assertThrows(
            WeftException.class,
            () -> {
              for (int i = 1; i < 1_000; i++) {
                blocks.edit(i).write(i % 7, 4 * (i % 500), 200).to(log);
                log.flush();
              }
            });
    assertEquals(RedoErrors.LOG_FULL, thrown.code());
    assertEquals(1, logs.failures.size());
    assertEquals(RedoErrors.LOG_FULL, logs.failures.getFirst().code());
    long stable = log.durableLsn();
    log.close();
    assertTrue(LogScanner.scan(device, Logs.LOG, _ -> {}).endLsn() >= stable, "nothing is lost");
  }

  @Test
  void givesSegmentsBackBehindACheckpointAndWritesThemAgain() {
    RedoLogCore log = logs.open(device);
    long checkpoint = 0;
    for (int i = 1; i <= 20_000; i++) {
      blocks.edit(i).write(i % 11, 8 * (i % 300), 64).to(log);
      if (i % 1_000 == 0) {
        if (checkpoint > 0) {
          log.endCheckpoint(checkpoint);
        }
        checkpoint = log.beginCheckpoint();
      }
      if (i % 100 == 0) {
        log.flush();
      }
    }
    log.flush();
    assertTrue(device.segments(Logs.LOG).size() <= 8);
    assertTrue(device.segments(Logs.LOG).getFirst() > 10);
    LogScan scan = LogScanner.scan(device, Logs.LOG, _ -> {});
    assertEquals(20_000, scan.maxScn());
    assertEquals(log.durableLsn(), scan.endLsn());
  }

  @Test
  void removesTheLogAtTheEndIfNothingIsLeftToRecover() {
    RedoLogCore log = logs.open(device);
    blocks.edit(1).write(1, 0, 8).to(log);
    log.endCheckpoint(log.beginCheckpoint());
    log.close();
    assertEquals(List.of(), device.logs());
  }

  @Test
  void keepsTheLogAtTheEndIfAChangeIsNotCheckpointed() {
    RedoLogCore log = logs.open(device);
    log.endCheckpoint(log.beginCheckpoint());
    blocks.edit(1).write(1, 0, 8).to(log);
    log.close();
    assertEquals(1, Logs.changes(device, Logs.LOG).size());
  }

  @Test
  void failsForGoodAfterAFailedForce() {
    RedoLogCore log = logs.open(device);
    blocks.edit(1).write(1, 0, 8).to(log);
    device.failForces();
    assertEquals(RedoErrors.LOG_IO, assertThrows(WeftException.class, log::flush).code());
    device.heal();
    int before = device.operations();
    assertThrows(WeftException.class, log::flush);
    assertThrows(WeftException.class, () -> blocks.edit(2).write(1, 0, 8).to(log));
    assertEquals(before, device.operations());
    assertEquals(1, logs.failures.size());
  }

  @Test
  void calledDurableIsOnlyWhatWasForcedWhileTheLeaseHeld() {
    RedoLogCore log = logs.open(device);
    long before = log.durableLsn();
    blocks.edit(1).write(1, 0, 8).to(log);
    device.onForce(logs.views::revokeLease);
    assertEquals(CoreErrors.NODE_STOPPED, assertThrows(WeftException.class, log::flush).code());
    assertEquals(before, log.durableLsn());
    assertConsequence();
  }

  /** The lease is given up, and nothing is reported that would hide why it is over. */
  private void assertConsequence() {
    assertTrue(logs.views.isLeaseRevoked());
    assertEquals(
        List.of(CoreErrors.NODE_STOPPED), logs.failures.stream().map(WeftException::code).toList());
  }

  @Test
  void endsNoSegmentForGoodOnceTheLeaseIsOver() {
    RedoLogCore log = logs.open(device);
    long before = log.durableLsn();
    blocks.edit(1).write(1, 0, 8).to(log);
    log.rotate();
    Iterator<Runnable> forces = List.<Runnable>of(() -> {}, logs.views::revokeLease).iterator();
    device.onForce(() -> forces.next().run()); // of the segment, of the next one's header
    assertEquals(CoreErrors.NODE_STOPPED, assertThrows(WeftException.class, log::flush).code());
    assertEquals(before, log.durableLsn());
  }

  @Test
  void writesNothingWithoutALease() {
    RedoLogCore log = logs.open(device);
    blocks.edit(1).write(1, 0, 8).to(log);
    logs.views.revokeLease();
    int before = device.operations();
    assertEquals(CoreErrors.NODE_STOPPED, assertThrows(WeftException.class, log::flush).code());
    assertEquals(before, device.operations());
    assertConsequence();
  }

  @Test
  void stopsWhenItsLogHasBeenSealed() {
    RedoLogCore log = logs.open(device);
    blocks.edit(1).write(1, 0, 8).to(log);
    device.seal(Logs.LOG);
    assertEquals(RedoErrors.LOG_SEALED, assertThrows(WeftException.class, log::flush).code());
    assertEquals(0, Logs.changes(device, Logs.LOG).size());
  }

  @Test
  void reportsDamageInTheLastFlushAlthoughTheProcessHasDied() {
    RedoLogCore log = logs.open(device);
    long end = blocks.edit(1).write(1, 0, 8).to(log);
    assertEquals(end, log.flush());
    assertEquals(LoggedRecord.Kind.PAD, Logs.read(device, Logs.LOG).getLast().kind());
    device.settle();
    device.bytes(Logs.LOG, 0)[(int) end - 1] ^= 1;
    device.crash(_ -> false);
    assertEquals(
        RedoErrors.CORRUPT_LOG,
        assertThrows(WeftException.class, () -> Logs.read(device, Logs.LOG)).code());
  }

  @Test
  void refusesAChangeThatIsTooLarge() {
    RedoLogCore log = logs.open(device);
    Blocks.Edit edit = blocks.edit(1);
    for (int block = 0; block < 20; block++) {
      edit.write(block, Blocks.CONTENT_BYTES - 8, 8);
    }
    WeftException e = assertThrows(WeftException.class, () -> edit.to(log));
    assertEquals(RedoErrors.RECORD_TOO_LARGE, e.code());
    blocks.edit(2).write(30, 0, 8).to(log);
    log.flush();
    assertEquals(1, Logs.changes(device, Logs.LOG).size());
  }

  @Test
  void writesItselfWhenTheBufferIsFull() {
    RedoLogCore log = logs.open(device);
    for (int i = 1; i <= 5_000; i++) {
      blocks.edit(i).write(1, 0, 256).to(log);
    }
    log.flush();
    assertEquals(5_000, Logs.changes(device, Logs.LOG).size());
  }

  @Test
  void endsSegmentsByCountByAgeAndByHand() {
    RedoLogCore log =
        logs.open(
            device,
            Logs.LOG,
            new LogShape(Logs.SMALL, Logs.SMALL, 10, 1_000_000, ImageCompression.NONE));
    for (int i = 1; i <= 10; i++) {
      blocks.edit(i).write(1, 0, 8).to(log);
    }
    log.flush();
    blocks.edit(11).write(1, 0, 8).to(log);
    log.flush();
    assertEquals(2, device.segments(Logs.LOG).size());
    logs.clock.addAndGet(2_000_000);
    log.flush();
    blocks.edit(12).write(1, 0, 8).to(log);
    log.flush();
    assertEquals(3, device.segments(Logs.LOG).size());
    log.rotate();
    log.flush();
    assertEquals(4, device.segments(Logs.LOG).size());
    log.rotate();
    log.flush();
    assertEquals(4, device.segments(Logs.LOG).size());
    assertEquals(12, Logs.changes(device, Logs.LOG).size());
  }

  @Test
  @Timeout(60)
  void endsASegmentByHandHoweverBusyTheLogIs() throws InterruptedException {
    RedoLogCore log = logs.open(device);
    AtomicBoolean over = new AtomicBoolean();
    Blocks.Edit edit = blocks.edit(1).write(1, 0, 8);
    Thread appender =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!over.get()) {
                    log.append(edit);
                  }
                });
    for (int i = 0; i < 50; i++) {
      long at = log.tail();
      while (at % Logs.SMALL == LogFormat.SEGMENT_HEADER_BYTES) {
        Thread.onSpinWait(); // an empty one is not ended
        at = log.tail();
      }
      log.rotate();
      assertTrue(log.tail() / Logs.SMALL > at / Logs.SMALL);
    }
    over.set(true);
    appender.join();
    log.flush();
  }

  /** A log that has written an eighth of its buffer, and not forced it; the LSN where that ends. */
  private long writtenAhead(RedoLogCore log) {
    AtomicBoolean written = new AtomicBoolean();
    log.onWritten(() -> written.set(true));
    for (int i = 1; !written.get(); i++) {
      blocks.edit(i).write(1, 0, 256).to(log);
      log.write();
    }
    return log.tail();
  }

  @Test
  void anotherThreadMayForceWhatIsWritten() {
    RedoLogCore log = logs.open(device);
    assertFalse(log.forceAhead(), "nothing is written");
    long end = writtenAhead(log);
    assertTrue(log.durableLsn() < end);
    assertTrue(log.forceAhead());
    assertEquals(end, log.durableLsn());
    assertFalse(log.forceAhead(), "nothing more is written");
  }

  @Test
  void writesTheProofOfWhatWasForcedAhead() {
    RedoLogCore log = logs.open(device);
    long end = writtenAhead(log);
    log.forceAhead();
    assertTrue(log.needsProof());
    assertTrue(log.hasVolatile(), "a flush is due");
    log.flush();
    assertFalse(log.needsProof());
    assertFalse(log.hasVolatile());
    device.settle();
    byte[] damaged = device.bytes(Logs.LOG, 0).clone();
    damaged[(int) end - 40] ^= 1; // in the last change
    device.put(Logs.LOG, 0, damaged);
    WeftException thrown =
        assertThrows(WeftException.class, () -> LogScanner.scan(device, Logs.LOG, _ -> {}));
    assertEquals(RedoErrors.CORRUPT_LOG, thrown.code());
  }

  @Test
  void aFailedForceAheadIsTheLastOne() {
    RedoLogCore log = logs.open(device);
    writtenAhead(log);
    long stable = log.durableLsn();
    device.failForces();
    assertThrows(WeftException.class, log::forceAhead);
    device.heal();
    int operations = device.operations();
    assertThrows(WeftException.class, log::flush);
    assertThrows(WeftException.class, log::forceAhead);
    assertEquals(operations, device.operations());
    assertEquals(stable, log.durableLsn());
    assertEquals(1, logs.failures.size());
  }

  @Test
  @Timeout(60)
  void aFlushWaitsForTheForceInProgress() throws InterruptedException {
    RedoLogCore log = logs.open(device);
    long end = writtenAhead(log);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    device.onForce(
        () -> {
          forces.incrementAndGet();
          begun.countDown();
          awaitQuietly(goOn);
        });
    Thread forcer = Thread.ofPlatform().start(log::forceAhead);
    begun.await();
    Thread flusher = Thread.ofPlatform().start(log::flush);
    while (flusher.getState() != Thread.State.WAITING
        && flusher.getState() != Thread.State.BLOCKED) {
      Thread.onSpinWait();
    }
    assertEquals(1, forces.get(), "two forces at once");
    assertTrue(log.durableLsn() < end);
    goOn.countDown();
    forcer.join();
    flusher.join();
    assertEquals(List.of(), logs.failures);
    assertTrue(log.durableLsn() >= end);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void makesNoSegmentAfterItsEnd() {
    RedoLogCore log = logs.open(device);
    for (int i = 1; log.tail() < Logs.SMALL * 3 / 4; i++) {
      blocks.edit(i).write(1, 0, 256).to(log);
    }
    log.flush();
    log.close();
    log.prepare();
    assertEquals(List.of(0L), device.segments(Logs.LOG));
  }

  @Test
  void recoversEveryBlockFromItsRedo() {
    recoversEveryBlock(ImageCompression.NONE);
  }

  @Test
  void recoversEveryBlockFromCompressedImages() {
    recoversEveryBlock(ImageCompression.LZ4);
    long compressed = LogScanner.scan(device, Logs.LOG, _ -> {}).bytes();
    assertTrue(compressed < plainBytes(), compressed + " bytes");
  }

  /** The bytes of the same log without compression. */
  private static long plainBytes() {
    RedoLogCoreTest plain = new RedoLogCoreTest();
    plain.recoversEveryBlock(ImageCompression.NONE);
    return LogScanner.scan(plain.device, Logs.LOG, _ -> {}).bytes();
  }

  private void recoversEveryBlock(ImageCompression images) {
    RedoLogCore log = logs.open(device, Logs.LOG, LogShape.of(Logs.SMALL, Logs.SMALL, images));
    for (int i = 1; i <= 3_000; i++) {
      blocks.edit(i).write(i % 13, 8 * (i % 300), 24).write(20 + i % 5, 100, i % 90 + 1).to(log);
      if (i == 1_500) {
        log.beginCheckpoint();
      }
    }
    log.flush();
    device.seal(Logs.LOG);
    try (SealedLogs dead = new SealedLogs(device)) {
      RedoIndex redo = dead.refresh();
      assertEquals(3_000, redo.maxScn());
      redo.forEachBlock(
          id -> {
            Blocks.Block block = blocks.block(id.number());
            assertEquals(block.version, redo.lastVersion(7, id.number()));
            for (long base : new long[] {0, 1, block.version / 2, block.version, -1}) {
              byte[] image = block.versions.get((int) Math.max(0, base)).clone();
              if (base < 0) {
                java.util.Arrays.fill(image, (byte) 99);
              }
              MemorySegment content = MemorySegment.ofArray(image);
              assertEquals(block.version, redo.apply(7, id.number(), content, base));
              assertArrayEquals(block.content, content.toArray(ValueLayout.JAVA_BYTE));
            }
          });
    }
  }
}
