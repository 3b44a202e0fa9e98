// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.redo.LogId;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class LogScannerTest {
  private static final int ROUNDS = 1_000;

  private static byte[] header(long segment) {
    byte[] bytes = new byte[Logs.SMALL];
    MemorySegment page = MemorySegment.ofArray(bytes).asSlice(0, LogFormat.PAGE_BYTES);
    new SegmentHeader(
            Logs.LOG, LogFormat.clusterHash(Logs.CLUSTER), segment, Logs.SMALL, 0, 1_000, 0)
        .encode(page);
    return bytes;
  }

  private static MemoryLogDevice device(Map<Long, byte[]> segments) {
    MemoryLogDevice device = new MemoryLogDevice();
    segments.forEach((segment, bytes) -> device.put(Logs.LOG, segment, bytes));
    return device;
  }

  @Test
  void aLogThatWasNeverWrittenIsEmpty() {
    assertEquals(
        LogScan.End.EMPTY, LogScanner.scan(new MemoryLogDevice(), Logs.LOG, _ -> {}).end());
    assertEquals(
        LogScan.End.EMPTY,
        LogScanner.scan(device(Map.of(0L, new byte[Logs.SMALL])), Logs.LOG, _ -> {}).end());
  }

  @Test
  void aLogWithAHeaderAloneEndsThere() {
    LogScan scan = LogScanner.scan(device(Map.of(0L, header(0))), Logs.LOG, _ -> {});
    assertEquals(LogScan.End.ZERO_TAIL, scan.end());
    assertEquals(LogFormat.SEGMENT_HEADER_BYTES, scan.endLsn());
    assertEquals(LogFormat.clusterHash(Logs.CLUSTER), scan.cluster());
  }

  @Test
  void refusesALogOfALaterFormat() {
    byte[] bytes = header(0);
    MemorySegment page = MemorySegment.ofArray(bytes);
    page.set(LogFormat.U32, 8, 2);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 8, LogFormat.PAGE_BYTES - 8);
    page.set(LogFormat.U32, 4, (int) crc.getValue());
    MemoryLogDevice device = device(Map.of(0L, bytes));
    assertEquals(
        RedoErrors.UNKNOWN_LOG_FORMAT,
        assertThrows(WeftException.class, () -> LogScanner.scan(device, Logs.LOG, _ -> {})).code());
  }

  @Test
  void aLogCopiedUnderAnotherNameHasNoRecords() {
    MemoryLogDevice device = new MemoryLogDevice();
    RedoLogCore log = new Logs().open(device);
    new Blocks().edit(1).write(1, 0, 8).to(log);
    log.flush();
    LogId other = new LogId(2, 42);
    MemoryLogDevice copy = new MemoryLogDevice();
    copy.put(other, 0, device.bytes(Logs.LOG, 0));
    assertEquals(LogScan.End.EMPTY, LogScanner.scan(copy, other, _ -> {}).end());
  }

  @Test
  void aRecordOfABlockThatCannotBeIsDamage() {
    MemoryLogDevice device = new MemoryLogDevice();
    RedoLogCore log = new Logs().open(device);
    new Blocks().edit(1).write(-1, 0, 8).to(log);
    log.flush();
    WeftException e =
        assertThrows(
            WeftException.class, () -> LogScanner.scan(device, Logs.LOG, LogScannerTest::walk));
    assertEquals(RedoErrors.CORRUPT_LOG, e.code());
    assertTrue(e.getMessage().contains("block 7:-1"), e.getMessage());
  }

  @Test
  void randomBytesNeverThrowAnythingButAReport() {
    Random random = new Random(17);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = round % 2 == 0 ? header(0) : new byte[Logs.SMALL];
      int from = round % 2 == 0 ? LogFormat.SEGMENT_HEADER_BYTES : 0;
      byte[] noise = new byte[random.nextInt(Logs.SMALL - from)];
      random.nextBytes(noise);
      System.arraycopy(noise, 0, bytes, from, noise.length);
      check(device(Map.of(0L, bytes)));
    }
  }

  /**
   * With a right checksum the scanner has to take the rest as it is, and to look at each length.
   */
  @Test
  void contradictingRecordsNeverThrowAnythingButAReport() {
    Random random = new Random(18);
    LogChecksum checksum = new LogChecksum(Logs.LOG);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = header(0);
      MemorySegment memory = MemorySegment.ofArray(bytes);
      int at = LogFormat.SEGMENT_HEADER_BYTES;
      while (at < Logs.SMALL - 1_024) {
        int length = LogFormat.BARE_BYTES + 8 * random.nextInt(20);
        for (int i = 0; i < length; i++) {
          bytes[at + i] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
        }
        memory.set(LogFormat.U32, at + LogFormat.LENGTH_AT, length);
        memory.set(LogFormat.U32, at + LogFormat.LOW_LSN_AT, at);
        memory.set(LogFormat.U16, at + LogFormat.KIND_AT, (short) (1 + random.nextInt(5)));
        memory.set(LogFormat.U16, at + LogFormat.BLOCKS_AT, (short) random.nextInt(3));
        int crc = checksum.of(ByteBuffer.wrap(bytes), at + LogFormat.LENGTH_AT, at + length, at);
        memory.set(LogFormat.U32, at + LogFormat.CRC_AT, crc);
        at += length;
      }
      check(device(Map.of(0L, bytes)));
    }
  }

  private static void walk(LoggedRecord record) {
    while (record.nextBlock()) {
      // looks at the lengths of its ranges on the way
    }
  }

  private static void check(MemoryLogDevice device) {
    try {
      LogScan scan = LogScanner.scan(device, Logs.LOG, LogScannerTest::walk);
      assertTrue(scan.endLsn() <= Logs.SMALL);
      device.seal(Logs.LOG);
      RedoIndex redo = new SealedLogs(device).refresh();
      redo.forEachBlock(
          id ->
              redo.apply(
                  id.file(),
                  id.number(),
                  MemorySegment.ofArray(new byte[Blocks.CONTENT_BYTES]),
                  RecoveryRedo.UNREADABLE));
    } catch (WeftException _) {
      // A report.
    }
  }
}
