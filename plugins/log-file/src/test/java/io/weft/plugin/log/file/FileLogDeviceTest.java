// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.Expect;
import io.weft.plugin.tck.LogDeviceContract;
import io.weft.plugin.tck.WatchedFiles;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogDevice.LogSegment;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract on files, and what becomes of the files. */
final class FileLogDeviceTest extends LogDeviceContract {
  private static final LogId LOG = new LogId(3, 1_700_000_000_000L);
  private static final long BYTES = 64 << 10;

  @TempDir Path directory;
  @TempDir Path watched;
  private WatchedFiles files;
  private FileLogDevice device;

  @Override
  protected LogDevice device() {
    return new FileLogDevice(files.root(), 1);
  }

  @Override
  protected boolean breakForces() {
    files.breakWhere(operation -> operation.startsWith("force "));
    return true;
  }

  @Override
  protected boolean fillUp() {
    files.limitSpace(0);
    return true;
  }

  @Override
  protected void makeSpace() {
    files.unlimitSpace();
  }

  @BeforeEach
  void openDevice() {
    files = new WatchedFiles(watched);
    device = open();
  }

  private FileLogDevice open() {
    FileLogDevice opened = new FileLogDevice(new FileLogDeviceSettings(directory.toString(), 1));
    opened.open();
    return opened;
  }

  private static MemorySegment bytes(int length, int seed) {
    MemorySegment bytes = Arena.ofAuto().allocate(length);
    for (int i = 0; i < length; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i * seed + 1));
    }
    return bytes;
  }

  private static byte[] read(LogSegment segment, long at, int length) {
    MemorySegment into = Arena.ofAuto().allocate(length);
    segment.read(at, into);
    return into.toArray(ValueLayout.JAVA_BYTE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "ne-NP", "th-TH-u-nu-thai"})
  void aLogHasTheSameNamesInEveryLocale(String locale) {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag(locale));
      device.create(LOG, 0, BYTES).close();
      Path log = directory.resolve(FileLogDevice.SUBDIRECTORY).resolve(LOG.toString());
      assertTrue(Files.exists(log.resolve("segment-0000000000")));
      Locale.setDefault(Locale.ENGLISH);
      assertEquals(List.of(LOG), open().logs());
      assertEquals(List.of(0L), open().segments(LOG));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void theFileOfASegmentHasItsWholeSizeFromTheBeginning() throws IOException {
    device.create(LOG, 0, BYTES).close();
    Path file = directory.resolve("redo").resolve(LOG.toString()).resolve("segment-0000000000");
    assertEquals(BYTES, Files.size(file));
  }

  @Test
  void writesSegmentsGivenBackAgain() throws IOException {
    device.create(LOG, 0, BYTES).close();
    try (LogSegment segment = device.create(LOG, 1, BYTES)) {
      segment.write(0, bytes(4096, 3));
    }
    device.create(LOG, 2, BYTES).close();
    device.release(LOG, 1);
    device.release(LOG, 0); // one is kept, this one is removed
    assertEquals(List.of(2L), device.segments(LOG));
    try (LogSegment segment = device.create(LOG, 3, BYTES)) {
      assertArrayEquals(
          bytes(4096, 3).toArray(ValueLayout.JAVA_BYTE), readBack(3), "its former life");
      assertEquals(BYTES, segment.bytes());
    }
    assertEquals(List.of(2L, 3L), device.segments(LOG));
  }

  private byte[] readBack(long number) {
    try (LogSegment segment = device.open(LOG, number)) {
      return read(segment, 0, 4096);
    }
  }

  @Test
  void aSealedLogGivesNothingBack() {
    device.create(LOG, 0, BYTES).close();
    open().seal(LOG);
    Expect.failure(RedoErrors.LOG_SEALED, () -> device.release(LOG, 0));
    assertEquals(List.of(0L), device.segments(LOG));
  }

  /** Which life is in the newest view is not known here, so each may be asked for. */
  @Test
  void tombstonesOfManyStartsStayUntilALaterLifeIsInAView() {
    int starts = 100;
    for (int i = 0; i < starts; i++) {
      LogId log = new LogId(3, 1_000 + i);
      device.create(log, 0, BYTES).close();
      device.delete(log);
    }
    for (int i = 0; i < starts; i++) {
      assertTrue(device.wasDeleted(new LogId(3, 1_000 + i)), "start " + i);
    }
    device.forgetBefore(new LogId(3, 2_000));
    for (int i = 0; i < starts; i++) {
      assertFalse(device.wasDeleted(new LogId(3, 1_000 + i)), "start " + i);
    }
  }

  @Test
  void whoMayReadTheStorageMayReadWhoseItIs() throws IOException {
    FileLogDevice unmarked = new FileLogDevice(new FileLogDeviceSettings(directory.toString(), 1));
    unmarked.place().orElseThrow().mark(new UUID(1, 2));
    Path mark = directory.resolve("redo/storage-identity");
    Path other = Files.createFile(mark.resolveSibling("other"));
    assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(mark));
  }

  @Test
  void aLogMayBeSealedBeforeItIsMade() {
    open().seal(LOG);
    Expect.failure(RedoErrors.LOG_SEALED, () -> device.create(LOG, 0, BYTES));
    assertEquals(List.of(), device.segments(LOG));
  }

  @Test
  void listsNothingElseThanLogs() throws IOException {
    Path redo = directory.resolve("redo");
    Files.createDirectory(redo.resolve("n1.x"));
    Files.createDirectory(redo.resolve("lost+found"));
    Files.writeString(redo.resolve("n9.9"), "a file");
    LogId earlier = new LogId(3, 99);
    LogId other = new LogId(1, 5_000);
    for (LogId log : List.of(LOG, earlier, other)) {
      device.create(log, 0, BYTES).close();
    }
    Files.writeString(redo.resolve(LOG.toString()).resolve("segment-12x"), "");
    assertEquals(List.of(other, earlier, LOG), device.logs());
    assertEquals(List.of(0L), device.segments(LOG));
    assertEquals(List.of(), device.segments(new LogId(5, 5)));
  }

  @Test
  void reportsWhatIsBeyondASegmentOrThereAlready() {
    device.create(LOG, 0, BYTES).close();
    Expect.failure(RedoErrors.LOG_IO, () -> device.open(LOG, 1));
    Expect.failure(RedoErrors.LOG_IO, () -> device.create(LOG, 0, BYTES));
    try (LogSegment segment = device.open(LOG, 0)) {
      Expect.failure(RedoErrors.LOG_IO, () -> read(segment, BYTES - 8, 16));
    }
  }

  @Test
  void interruptedThreadsWriteReadAndForce() throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    AtomicBoolean kept = new AtomicBoolean(true);
    try (LogSegment segment = device.create(LOG, 0, BYTES)) {
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 400; i++) {
                      Thread.currentThread().interrupt();
                      segment.write(4096L * (i % 16), bytes(4096, i));
                      kept.compareAndSet(true, Thread.currentThread().isInterrupted());
                      if (i % 10 == 0) {
                        segment.force();
                      }
                      byte[] back = read(segment, 4096L * (i % 16), 4096);
                      assertArrayEquals(bytes(4096, i).toArray(ValueLayout.JAVA_BYTE), back);
                    }
                    over.set(true);
                  });
      while (writer.isAlive()) {
        writer.interrupt();
        Thread.onSpinWait();
      }
      writer.join();
    }
    assertTrue(over.get(), "the writer came to its end");
    assertTrue(kept.get(), "the interrupt was kept");
  }
}
