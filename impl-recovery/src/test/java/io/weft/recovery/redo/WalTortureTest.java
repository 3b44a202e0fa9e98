// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.spi.redo.RedoErrors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Damages a log of 200 records in every way and place, and checks the answer against what the
 * format promises: exactly the records before the damage if they may be all that was ever stable,
 * otherwise a report.
 */
class WalTortureTest {
  private static final int RECORDS = 200;
  private static final int SECTOR = MemoryLogDevice.SECTOR_BYTES;
  private static final int FORMER_LIFE_RECORDS = 1_500;

  private final List<Logs.Seen> all = new ArrayList<>(); // marks and ends of segments too
  private final List<Long> stable = new ArrayList<>();
  private final Map<Long, byte[]> segments = new TreeMap<>();
  private final Map<Long, byte[]> former = new TreeMap<>();

  /**
   * The log lies in recycled segments, so that behind each record there is one of a former life.
   */
  @BeforeEach
  void makeLog() {
    MemoryLogDevice device = new MemoryLogDevice();
    Logs logs = new Logs();
    RedoLogCore log = logs.open(device);
    Blocks blocks = new Blocks();
    for (int i = 1; i <= FORMER_LIFE_RECORDS; i++) {
      blocks.edit(i).write(i % 5, 8 * (i % 400), 120).to(log);
      if (i % 10 == 0) {
        log.flush();
      }
    }
    log.rotate();
    log.endCheckpoint(log.beginCheckpoint());
    log.rotate();
    log.flush();
    device.settle();
    long first = device.segments(Logs.LOG).getLast();
    for (int i = 1; i <= RECORDS; i++) {
      Blocks.Edit edit = blocks.edit(FORMER_LIFE_RECORDS + i).write(i % 5, 8 * (i % 400), i);
      if (i % 3 == 0) {
        edit.write(10 + i % 2, i, 700);
      }
      edit.to(log);
      if (i % 4 == 0) {
        log.flush();
      }
    }
    log.flush();
    device.settle();
    LogScanner.scan(
        device,
        Logs.LOG,
        r -> {
          if (r.lsn() >= first * Logs.SMALL) {
            all.add(new Logs.Seen(r.lsn(), r.endLsn(), r.kind(), r.scn()));
            stable.add(r.stableLsn());
          }
        });
    for (long segment : device.segments(Logs.LOG)) {
      if (segment >= first) {
        // Segment numbers must go on from where they were, so the first ones are left out.
        segments.put(segment, device.bytes(Logs.LOG, segment).clone());
        former.put(segment, formerBytes(device, segment));
      }
    }
    assertEquals(RECORDS, all.stream().filter(r -> r.scn() > FORMER_LIFE_RECORDS).count());
    assertTrue(segments.size() >= 2, "the log shall have several segments: " + segments.keySet());
  }

  private static byte[] formerBytes(MemoryLogDevice device, long segment) {
    byte[] bytes = new byte[Logs.SMALL];
    new Random(segment).nextBytes(bytes);
    byte[] present = device.bytes(Logs.LOG, segment);
    // What a former life left: true records, in other places.
    System.arraycopy(present, 0, bytes, SECTOR * 3, bytes.length - SECTOR * 3);
    return bytes;
  }

  @Test
  void readsTheWholeLog() {
    check(segments);
  }

  @Test
  void reportsTruncationAtEveryByte() {
    for (long segment : segments.keySet()) {
      byte[] whole = segments.get(segment);
      for (int length = 0; length < whole.length; length++) {
        Map<Long, byte[]> damaged = new TreeMap<>(segments);
        damaged.put(segment, Arrays.copyOf(whole, length));
        int cut = length;
        assertTrue(scan(damaged).isEmpty(), () -> "segment " + segment + " cut to " + cut);
      }
    }
  }

  @Test
  void findsTheLongestPrefixIfTheRestOfTheLogIsZero() {
    long segment = lastSegment();
    byte[] whole = segments.get(segment);
    int end = (int) (all.getLast().end() % Logs.SMALL);
    for (int from = LogFormat.SEGMENT_HEADER_BYTES; from <= end; from++) {
      byte[] cut = whole.clone();
      Arrays.fill(cut, from, cut.length, (byte) 0);
      check(with(segment, cut));
    }
  }

  @Test
  void noticesAFlippedBitAnywhere() {
    Random random = new Random(11);
    for (long segment : segments.keySet()) {
      for (int sector = 0; sector < Logs.SMALL / SECTOR; sector++) {
        for (int i = 0; i < 8; i++) {
          byte[] bytes = segments.get(segment).clone();
          bytes[sector * SECTOR + random.nextInt(SECTOR)] ^= (byte) (1 << random.nextInt(8));
          check(with(segment, bytes));
        }
      }
    }
  }

  @Test
  void noticesASectorOfZerosOrOfAFormerLifeOrInAnotherPlace() {
    for (long segment : segments.keySet()) {
      byte[] whole = segments.get(segment);
      for (int at = 0; at < Logs.SMALL; at += SECTOR) {
        byte[] zero = whole.clone();
        Arrays.fill(zero, at, at + SECTOR, (byte) 0);
        check(with(segment, zero));
        byte[] stale = whole.clone();
        System.arraycopy(former.get(segment), at, stale, at, SECTOR);
        check(with(segment, stale));
        if (at + 2 * SECTOR <= Logs.SMALL) {
          byte[] swapped = whole.clone();
          System.arraycopy(whole, at, swapped, at + SECTOR, SECTOR);
          System.arraycopy(whole, at + SECTOR, swapped, at, SECTOR);
          check(with(segment, swapped));
        }
      }
    }
  }

  @Test
  void noticesAMissingSegment() {
    for (long segment : segments.keySet()) {
      Map<Long, byte[]> damaged = new TreeMap<>(segments);
      damaged.remove(segment);
      if (segment != lastSegment() && segment != ((TreeMap<Long, byte[]>) segments).firstKey()) {
        assertTrue(scan(damaged).isEmpty(), "segment " + segment + " is missing");
      }
    }
  }

  /** Each read and what follows from it is the same however often it is done. */
  @Test
  void readingChangesNothing() {
    MemoryLogDevice device = device(segments);
    assertEquals(Logs.read(device, Logs.LOG), Logs.read(device, Logs.LOG));
    segments.forEach(
        (segment, bytes) ->
            assertTrue(Arrays.equals(bytes, device.bytes(Logs.LOG, segment)), "changed"));
  }

  // ---- what has to come out

  private Map<Long, byte[]> with(long segment, byte[] bytes) {
    Map<Long, byte[]> damaged = new TreeMap<>(segments);
    damaged.put(segment, bytes);
    return damaged;
  }

  private void check(Map<Long, byte[]> damaged) {
    Optional<List<Logs.Seen>> found = scan(damaged);
    int intact = 0;
    while (intact < all.size() && isIntact(damaged, intact)) {
      intact++;
    }
    boolean report = intact < all.size() && isProven(damaged, intact);
    if (report) {
      assertTrue(
          found.isEmpty(),
          () ->
              "read " + found.orElseThrow().size() + " records of a damaged log of " + all.size());
    } else if (found.isEmpty()) {
      fail("reported damage, but the " + intact + " records before it may be all");
    } else {
      assertEquals(all.subList(0, intact), found.get());
    }
  }

  private static Optional<List<Logs.Seen>> scan(Map<Long, byte[]> segments) {
    try {
      return Optional.of(Logs.read(device(segments), Logs.LOG));
    } catch (WeftException e) {
      assertEquals(RedoErrors.CORRUPT_LOG, e.code());
      return Optional.empty();
    }
  }

  /** Whether the record, and the header of its segment, are as they were. */
  private boolean isIntact(Map<Long, byte[]> damaged, int record) {
    Logs.Seen seen = all.get(record);
    return headerIsIntact(damaged, seen.lsn() / Logs.SMALL) && bytesAreIntact(damaged, seen);
  }

  private boolean bytesAreIntact(Map<Long, byte[]> damaged, Logs.Seen seen) {
    long segment = seen.lsn() / Logs.SMALL;
    int from = (int) (seen.lsn() % Logs.SMALL);
    int to = from + (int) (seen.end() - seen.lsn());
    return Arrays.equals(segments.get(segment), from, to, damaged.get(segment), from, to);
  }

  private boolean headerIsIntact(Map<Long, byte[]> damaged, long segment) {
    int bytes = LogFormat.SEGMENT_HEADER_BYTES;
    return Arrays.equals(segments.get(segment), 0, bytes, damaged.get(segment), 0, bytes);
  }

  /** Whether something intact behind a damaged record proves that it was stable. */
  private boolean isProven(Map<Long, byte[]> damaged, int record) {
    Logs.Seen bad = all.get(record);
    long segment = bad.lsn() / Logs.SMALL;
    boolean header = headerIsIntact(damaged, segment);
    for (long later : segments.keySet()) {
      if (later > segment && headerIsIntact(damaged, later)) {
        return true;
      }
    }
    if (!header && segment == ((TreeMap<Long, byte[]>) segments).firstKey()) {
      return true; // a log whose first segments have been given back has a header
    }
    for (int i = record; i < all.size(); i++) {
      Logs.Seen behind = all.get(i);
      if (behind.lsn() / Logs.SMALL == segment && bytesAreIntact(damaged, behind)) {
        if (!header && i == record || stable.get(i) > bad.lsn()) {
          return true;
        }
      }
    }
    return false;
  }

  private long lastSegment() {
    return ((TreeMap<Long, byte[]>) segments).lastKey();
  }

  private static MemoryLogDevice device(Map<Long, byte[]> segments) {
    MemoryLogDevice device = new MemoryLogDevice();
    segments.forEach((segment, bytes) -> device.put(Logs.LOG, segment, bytes));
    return device;
  }
}
