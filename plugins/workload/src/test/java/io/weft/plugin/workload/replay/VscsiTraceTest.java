// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.TraceFile;
import io.weft.plugin.workload.shared.WorkloadErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VscsiTraceTest {
  @TempDir private Path directory;

  private final TraceFile good =
      new TraceFile()
          .write(0, 8192, 5000)
          .read(512, 8192, 5000)
          .write(3 * 8192 - 512, 1024, 6000)
          .read(10 * 8192, 65536, 7000);

  @Test
  void cutsRequestsIntoTheBlocksThatTheyTouch() throws IOException {
    VscsiTrace trace = read(good.bytes());

    assertEquals(4, trace.requests());
    assertEquals(0, trace.firstBlock(0));
    assertEquals(1, trace.blockCount(0));
    assertEquals(0, trace.firstBlock(1));
    assertEquals(2, trace.blockCount(1), "not aligned, so it touches two blocks");
    assertEquals(2, trace.firstBlock(2));
    assertEquals(2, trace.blockCount(2));
    assertEquals(10, trace.firstBlock(3));
    assertEquals(8, trace.blockCount(3));
    assertEquals(13, trace.accesses());
    assertArrayEquals(new long[] {0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17}, trace.blocks());
  }

  @Test
  void aVastFileOfZerosIsNoTrace() throws IOException {
    Path vast = directory.resolve("vast");
    try (FileChannel channel =
        FileChannel.open(vast, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), (1L << 40) - 1);
    }
    WeftException e =
        assertThrows(WeftException.class, () -> VscsiTrace.read(vast, Integer.MAX_VALUE));
    assertEquals(WorkloadErrors.TRACE_FOREIGN, e.code());
  }

  @Test
  void whatIsNoFileIsRefused() {
    for (Path odd : new Path[] {directory, Path.of("/dev/zero")}) {
      WeftException e = assertThrows(WeftException.class, () -> VscsiTrace.read(odd, 1));
      assertEquals(WorkloadErrors.TRACE_NOT_READABLE, e.code());
    }
  }

  @Test
  void takesMoreRecordsThanFitItsFirstRoom() throws IOException {
    TraceFile many = new TraceFile();
    for (int i = 0; i < 20_000; i++) {
      many.write(8192L * i, 8192, i);
    }
    VscsiTrace trace = read(many.bytes());
    assertEquals(20_000, trace.requests());
    assertEquals(19_999, trace.firstBlock(19_999));
    assertEquals(19_999, trace.micros(19_999));
  }

  @Test
  void tellsReadsFromWritesAndTimesFromTheFirstRequest() throws IOException {
    VscsiTrace trace = read(good.bytes());

    assertTrue(trace.isWrite(0));
    assertFalse(trace.isWrite(1));
    assertEquals(0, trace.micros(1));
    assertEquals(2000, trace.micros(3));
  }

  @Test
  void takesNoMoreThanTheLimit() throws IOException {
    byte[] cut = Arrays.copyOf(good.bytes(), 3 * VscsiTrace.RECORD_BYTES + 7);

    assertEquals(2, VscsiTrace.read(write(good.bytes()), 2).requests());
    assertEquals(3, VscsiTrace.read(write(cut), 3).requests(), "the damage lies beyond");
  }

  @Test
  void readsTracesLargerThanItsBuffer() throws IOException {
    TraceFile large = TraceFile.random(7, 20_000, 500);

    assertEquals(20_000, read(large.bytes()).requests());
  }

  @Test
  void dealsEachRequestToExactlyOneNode() throws IOException {
    VscsiTrace trace = read(TraceFile.random(1, 500, 5000).bytes());

    for (Deal deal : Deal.values()) {
      boolean[] dealt = new boolean[500];
      for (int node = 0; node < 3; node++) {
        for (int request : trace.shareOf(node, 3, deal)) {
          assertFalse(dealt[request], "request " + request + " was dealt twice");
          dealt[request] = true;
        }
      }
      assertEquals(500, trace.shareOf(0, 1, deal).length);
      for (boolean one : dealt) {
        assertTrue(one);
      }
    }
  }

  @Test
  void refusesAnEmptyFile() throws IOException {
    assertRefused(WorkloadErrors.TRACE_EMPTY, "offset 0", new byte[0]);
  }

  @Test
  void refusesForeignFiles() throws IOException {
    byte[] text = "time,operation,block,length\n1,read,5,8192\n".getBytes(StandardCharsets.UTF_8);
    assertRefused(WorkloadErrors.TRACE_FOREIGN, "offset 14", text);
    assertRefused(WorkloadErrors.TRACE_FOREIGN, "offset 0", new byte[] {1, 2, 3});
    assertRefused(WorkloadErrors.TRACE_FOREIGN, "offset 14", new byte[4096]);
    byte[] versionTwo = good.bytes();
    versionTwo[15] = 2;
    assertRefused(WorkloadErrors.TRACE_FOREIGN, "version 0x0200", versionTwo);
  }

  @Test
  void refusesACutFileWithTheOffsetOfTheRest() throws IOException {
    byte[] cut = Arrays.copyOf(good.bytes(), 3 * VscsiTrace.RECORD_BYTES + 7);

    assertRefused(WorkloadErrors.TRACE_DAMAGED, "offset 96 has 7 of 32 bytes", cut);
  }

  @ParameterizedTest
  @CsvSource({
    // byte within record 2, new value, offset that the message names
    "15, 3, 78", // version
    "12, 0x35, 76", // operation
    "13, 1, 76",
    "4, 1, 68", // length is no multiple of a sector
    "7, 0x7f, 68", // length is too large
    "20, 1, 80", // first sector
    "23, 0x80, 80",
    "31, 0x80, 88", // time is negative
    "25, 0, 88" // time falls
  })
  void refusesDamagedFieldsWithTheirOffset(int field, String value, long offset)
      throws IOException {
    byte[] damaged = good.bytes();
    damaged[2 * VscsiTrace.RECORD_BYTES + field] = Integer.decode(value).byteValue();

    assertRefused(WorkloadErrors.TRACE_DAMAGED, "offset " + offset, damaged);
  }

  @Test
  void refusesAZeroLength() throws IOException {
    assertRefused(
        WorkloadErrors.TRACE_DAMAGED,
        "length 0 is not",
        new TraceFile().read(0, 512, 1).read(0, 0, 2).bytes());
  }

  @Test
  void refusesWhatIsNoReadableFile() {
    assertCode(WorkloadErrors.TRACE_NOT_READABLE, directory);
    assertCode(WorkloadErrors.TRACE_NOT_READABLE, directory.resolve("missing"));
  }

  private VscsiTrace read(byte[] bytes) throws IOException {
    return VscsiTrace.read(write(bytes), Integer.MAX_VALUE);
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(directory.resolve("trace"), bytes);
  }

  private void assertRefused(ErrorCode code, String part, byte[] bytes) throws IOException {
    WeftException e = assertCode(code, write(bytes));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertTrue(e.getMessage().contains(directory.toString()), e.getMessage());
  }

  private static WeftException assertCode(ErrorCode code, Path file) {
    WeftException e =
        assertThrows(WeftException.class, () -> VscsiTrace.read(file, Integer.MAX_VALUE));
    assertEquals(code, e.code(), e.getMessage());
    return e;
  }
}
