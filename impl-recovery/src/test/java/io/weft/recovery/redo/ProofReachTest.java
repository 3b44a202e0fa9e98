// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.spi.redo.RedoErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How far behind a damaged place the scanner has to look for the proof that it was stable. */
class ProofReachTest {
  private static final int SEGMENT = 4 * Logs.SMALL;
  private static final int BUFFER = Logs.SMALL;
  private static final int HALF = BUFFER / 2;
  private static final LogShape SHAPE = LogShape.of(SEGMENT, BUFFER, ImageCompression.NONE);
  private static final int RECORDS = 1_100;

  private record Placed(int at, int length, long stable) {}

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final List<Placed> records = new ArrayList<>();
  private byte[] whole = {};

  /** One segment, nearly full, of records that are written early and forced seldom. */
  @BeforeEach
  void makeLog() {
    RedoLogCore log = new Logs().open(device, Logs.LOG, SHAPE);
    Blocks blocks = new Blocks();
    Random random = new Random(5);
    for (int i = 1; i <= RECORDS; i++) {
      blocks.edit(i).write(i % 5, 8 * (i % 300), 8 + random.nextInt(300)).to(log);
      if (i % 7 == 0) {
        log.write();
      }
      if (random.nextInt(150) == 0) {
        log.flush();
      }
    }
    log.flush();
    device.settle();
    LogScanner.scan(
        device, Logs.LOG, r -> records.add(new Placed((int) r.lsn(), r.length(), r.stableLsn())));
    whole = device.bytes(Logs.LOG, 0).clone();
    assertEquals(List.of(0L), device.segments(Logs.LOG));
    assertTrue(records.getLast().at > SEGMENT / 2);
  }

  @Test
  void aProofBeginsAtMostHalfABufferBehind() {
    int furthest = 0;
    for (int i = 0; i < records.size() - 1; i++) {
      int at = records.get(i).at;
      int proof = proofs(at, at).findFirst().orElseThrow().at;
      furthest = Math.max(furthest, proof - at);
    }
    assertTrue(furthest <= HALF, furthest + " bytes behind");
    assertTrue(furthest > HALF / 2, "no flush was large: " + furthest);
  }

  @Test
  void noRecordIsTooLongForTheReach() {
    assertTrue(SHAPE.maxRecordBytes() <= SHAPE.maxUnforcedBytes());
    assertTrue(SHAPE.maxUnforcedBytes() < SHAPE.reachBytes());
  }

  @Test
  void reportsEachPieceThatIsLostIfAnythingBehindProvesIt() {
    for (int length : new int[] {LogFormat.PAGE_BYTES, HALF}) {
      int step = LogFormat.PAGE_BYTES / 2;
      for (int from = LogFormat.PAGE_BYTES; from + length <= SEGMENT; from += step) {
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, from, from + length, (byte) 0);
        check(damaged, from, from + length);
      }
    }
  }

  @Test
  void findsAProofThatBeginsAtTheReachAndNoneBehindIt() {
    Placed first = records.getFirst();
    Placed proof = proofs(first.at, first.at).findFirst().orElseThrow();
    byte[] damaged = whole.clone();
    damaged[first.at] ^= 1;
    for (Placed record : records) { // nothing else behind may tell
      if (record.at > proof.at) {
        damaged[record.at] ^= 1;
      }
    }
    int distance = proof.at - first.at;
    assertEquals(
        RedoErrors.CORRUPT_LOG,
        assertThrows(WeftException.class, () -> scan(damaged, distance)).code());
    assertEquals(
        RedoErrors.CORRUPT_LOG, assertThrows(WeftException.class, () -> scan(damaged, 0)).code());
    assertEquals(LogScan.End.TORN_TAIL, scan(damaged, distance - LogFormat.ALIGNMENT).end());
  }

  private void check(byte[] damaged, int from, int to) {
    int lost = -1;
    for (Placed record : records) {
      if (lost < 0 && record.at < to && record.at + record.length > from) {
        lost = record.at;
      }
    }
    if (lost < 0) {
      return; // behind the log's end
    }
    boolean proven = proofs(lost, to).findFirst().isPresent();
    String place = "lost " + from + " to " + to;
    if (proven) {
      assertThrows(WeftException.class, () -> scan(damaged, SHAPE.reachBytes()), place);
    } else {
      assertEquals(lost, scan(damaged, SHAPE.reachBytes()).endLsn(), place);
    }
  }

  /** The records from an offset on that say that the log was durable beyond a place. */
  private Stream<Placed> proofs(int place, int from) {
    return records.stream().filter(r -> r.at >= from && r.stable > place);
  }

  /** Reads the segment with another reach in its header. */
  private LogScan scan(byte[] bytes, int reach) {
    byte[] segment = bytes.clone();
    MemorySegment page = MemorySegment.ofArray(segment).asSlice(0, LogFormat.PAGE_BYTES);
    SegmentHeader header = SegmentHeader.decode(page, Logs.LOG, 0).orElseThrow();
    assertEquals(SHAPE.reachBytes(), header.reach());
    new SegmentHeader(
            Logs.LOG, header.cluster(), 0, SEGMENT, header.checkpoint(), header.wallMillis(), reach)
        .encode(page);
    MemoryLogDevice copy = new MemoryLogDevice();
    copy.put(Logs.LOG, 0, segment);
    return LogScanner.scan(copy, Logs.LOG, _ -> {});
  }
}
