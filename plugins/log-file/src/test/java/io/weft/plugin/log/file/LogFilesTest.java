// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.WatchedFiles;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reaches the file system, in which order, and what is left when that is full or broken. */
final class LogFilesTest {
  private static final LogId LOG = new LogId(3, 17);
  private static final long BYTES = 64 << 10;

  @TempDir Path directory;
  private WatchedFiles files;
  private FileLogDevice device;

  @BeforeEach
  void openDevice() {
    files = new WatchedFiles(directory);
    device = new FileLogDevice(files.root(), 1);
    device.open();
    files.forget();
  }

  private WeftException fails(Runnable call) {
    return assertThrows(WeftException.class, call::run);
  }

  private static MemorySegment bytes(int length) {
    MemorySegment bytes = Arena.ofAuto().allocate(length);
    for (int i = 0; i < length; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i % 251));
    }
    return bytes;
  }

  // ---- order

  @Test
  void theNameOfTheDirectoryIsForcedWhenItIsMade() {
    WatchedFiles fresh = new WatchedFiles(directory.resolve("redo"));
    new FileLogDevice(fresh.root(), 1).open();
    assertEquals(List.of("mkdir redo", "force .", "force redo"), fresh.operations());
  }

  @Test
  void aSegmentIsWholeAndForcedBeforeItHasItsName() {
    device.create(LOG, 0, BYTES).close();
    assertEquals(
        List.of(
            "mkdir redo/n3.17",
            "force redo",
            "create redo/n3.17/making",
            "write redo/n3.17/making",
            "force redo/n3.17/making",
            "move redo/n3.17/making redo/n3.17/segment-0000000000",
            "force redo/n3.17"),
        files.operations());
  }

  @Test
  void aSegmentGivenBackIsRenamedAndNotWritten() {
    device.create(LOG, 0, BYTES).close();
    device.create(LOG, 1, BYTES).close();
    files.forget();
    device.release(LOG, 0);
    device.create(LOG, 2, BYTES).close();
    assertEquals(
        List.of(
            "move redo/n3.17/segment-0000000000 redo/n3.17/spare-0",
            "force redo/n3.17",
            "move redo/n3.17/spare-0 redo/n3.17/segment-0000000002",
            "force redo/n3.17"),
        files.operations());
  }

  @Test
  @Tag("LD-2")
  void aForceOfASegmentForcesItsFile() {
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      files.forget();
      segment.write(4096, bytes(4096));
      segment.force();
    }
    assertEquals(
        List.of("write redo/n3.17/segment-0000000000", "force redo/n3.17/segment-0000000000"),
        files.operations());
  }

  @Test
  @Tag("LD-5")
  void aSealIsStableBeforeItIsReported() {
    device.create(LOG, 0, BYTES).close();
    files.forget();
    device.seal(LOG);
    assertEquals(
        List.of(
            "create redo/n3.17/sealed",
            "force redo/n3.17/sealed",
            "force redo/n3.17",
            "force redo/n3.17/segment-0000000000"),
        files.operations());
  }

  @Test
  @Tag("LD-6")
  void aLogHasItsTombstoneBeforeAnythingGoesAndItsSealGoesLast() {
    device.create(LOG, 0, BYTES).close();
    device.seal(LOG);
    files.forget();
    device.delete(LOG);
    assertEquals(
        List.of(
            "create redo/n3.17.deleted",
            "force redo/n3.17.deleted",
            "force redo",
            "delete redo/n3.17/segment-0000000000",
            "delete redo/n3.17/sealed",
            "delete redo/n3.17",
            "force redo"),
        files.operations());
  }

  // ---- short writes

  @Test
  void aWriteThatIsTakenInPiecesIsGoneOnWith() {
    files.takeAtMost(1000);
    MemorySegment bytes = bytes(8192);
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      assertEquals(BYTES, segment.bytes());
      segment.write(4096, bytes);
    }
    MemorySegment back = Arena.ofAuto().allocate(8192);
    try (LogSegment segment = device.open(LOG, 0)) {
      segment.read(4096, back);
    }
    assertArrayEquals(bytes.toArray(ValueLayout.JAVA_BYTE), back.toArray(ValueLayout.JAVA_BYTE));
  }

  // ---- errors

  @Test
  @Tag("LD-3")
  void aFailedForceIsReportedAndNotRepeated() {
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      segment.write(4096, bytes(4096));
      files.breakWhere("force redo/n3.17/segment-0000000000"::equals);
      files.forget();
      assertEquals(RedoErrors.LOG_IO, fails(segment::force).code());
      assertEquals(List.of(), files.operations());
    }
  }

  @Test
  void whatCannotBeLookedAtIsNotTakenForMissing() {
    device.create(LOG, 0, BYTES).close();
    device.delete(LOG);
    LogId other = new LogId(3, 18);
    LogSegment segment = device.create(other, 0, BYTES);
    files.breakLooksWhere("look redo/n3.17.deleted"::equals);
    assertEquals(RedoErrors.LOG_IO, fails(() -> device.wasDeleted(LOG)).code());
    files.breakLooksWhere("look redo/n3.18/sealed"::equals);
    assertEquals(RedoErrors.LOG_IO, fails(() -> device.isSealed(other)).code());
    assertEquals(RedoErrors.LOG_IO, fails(() -> segment.write(4096, bytes(512))).code());
    files.breakLooksWhere("look redo/n3.18"::equals);
    assertEquals(RedoErrors.LOG_IO, fails(() -> device.delete(other)).code());
    files.breakLooksWhere("list redo"::equals);
    assertEquals(RedoErrors.LOG_IO, fails(() -> device.forgetBefore(other)).code());
    assertEquals(RedoErrors.LOG_IO, fails(device::logs).code());
    assertEquals(RedoErrors.LOG_IO, fails(() -> device.place().orElseThrow().isBlank()).code());
    segment.close();
  }

  @Test
  void aSegmentThatFindsNoSpaceLeavesNoneTaken() {
    device.create(LOG, 0, BYTES).close();
    files.limitSpace(BYTES / 2);
    WeftException full = fails(() -> device.create(LOG, 1, BYTES));
    assertEquals(RedoErrors.LOG_FULL, full.code());
    assertTrue(full.getMessage().contains("segment 1 of log n3.17"), full.getMessage());
    assertEquals(BYTES / 2, files.spaceLeft());
    assertEquals(List.of(0L), device.segments(LOG));
    files.unlimitSpace();
    device.create(LOG, 1, BYTES).close();
    assertEquals(List.of(0L, 1L), device.segments(LOG));
  }

  @Test
  void aLogThatFindsNoSpaceForItsFirstSegmentIsNotThere() {
    files.limitSpace(BYTES - 1);
    assertEquals(RedoErrors.LOG_FULL, fails(() -> device.create(LOG, 0, BYTES)).code());
    assertEquals(List.of(), device.logs());
    assertEquals(BYTES - 1, files.spaceLeft());
  }

  @Test
  void whatAKilledMakerLeftIsUsedAgain() {
    device.create(LOG, 0, BYTES).close();
    files.breakWhere(operation -> operation.contains("making"));
    fails(() -> device.create(LOG, 1, BYTES));
    files.breakWhere(_ -> false);
    device.create(LOG, 1, BYTES).close();
    assertEquals(List.of(0L, 1L), device.segments(LOG));
  }

  // ---- logs that go while somebody looks

  @Test
  void aLogThatIsDeletedWhileItIsSealedCountsAsSealed() {
    device.create(LOG, 0, BYTES).close();
    FileLogDevice leader = new FileLogDevice(directory, 1);
    files.before(() -> leader.delete(LOG));
    device.seal(LOG);
    assertEquals(List.of(), device.logs());
  }

  @Test
  void aLogThatIsSealedWhileItIsDeletedIsGone() {
    device.create(LOG, 0, BYTES).close();
    FileLogDevice evictor = new FileLogDevice(directory, 1);
    AtomicBoolean once = new AtomicBoolean();
    files.before(
        () -> {
          if (files.operations().contains("delete redo/n3.17/sealed") && !once.getAndSet(true)) {
            evictor.seal(LOG);
          }
        });
    device.seal(LOG);
    device.delete(LOG);
    assertEquals(List.of(), device.logs());
    assertTrue(once.get());
  }

  @Test
  void logsOfAnUnmountedDirectoryAreNotTakenForSealed() {
    device.create(LOG, 0, BYTES).close();
    FileLogDevice lost = new FileLogDevice(directory.resolve("elsewhere"), 1);
    assertEquals(RedoErrors.LOG_IO, fails(() -> lost.seal(LOG)).code());
    assertFalse(directory.resolve("elsewhere").toFile().exists());
  }

  // ---- the end

  @Test
  void nothingStaysOpen() {
    LogSegment first = device.create(LOG, 0, BYTES);
    first.close();
    files.limitSpace(0);
    fails(() -> device.create(LOG, 1, BYTES));
    files.breakWhere(operation -> operation.contains("making"));
    fails(() -> device.create(LOG, 1, BYTES));
    device.open(LOG, 0).close();
    device.seal(LOG);
    device.delete(LOG);
    device.close();
    assertEquals(0, files.openChannels());
  }
}
