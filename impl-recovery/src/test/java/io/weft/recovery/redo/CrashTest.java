// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.recovery.RecoveryRedo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Machines that fail at every step of writing a log, and of recovering from one. */
class CrashTest {
  private static final int RECORDS = 200;
  private static final int SEEDS = 6;

  /** What a run of the writer has got to. */
  private record Run(MemoryLogDevice device, Blocks blocks, long acknowledged, int records) {}

  private static Run write(int failAfter, boolean failForces) {
    MemoryLogDevice device = new MemoryLogDevice();
    Logs logs = new Logs();
    Blocks blocks = new Blocks();
    long acknowledged = 0;
    int appended = 0;
    try {
      if (failAfter >= 0) {
        device.failAfter(failAfter);
      }
      RedoLogCore log = logs.open(device);
      long checkpoint = 0;
      for (int i = 1; i <= RECORDS; i++) {
        appended = i;
        blocks.edit(i).write(i % 7, 8 * i, 300).write(20 + i % 3, i, 900).to(log);
        if (i % 6 == 0) {
          acknowledged = log.flush();
        }
        if (i % 50 == 0) {
          if (checkpoint > 0) {
            log.endCheckpoint(checkpoint);
          }
          checkpoint = log.beginCheckpoint();
          log.prepare();
        }
        if (failForces && i == RECORDS / 2) {
          device.failForces();
        }
      }
      acknowledged = log.flush();
    } catch (WeftException _) {
      // The machine has failed.
    }
    return new Run(device, blocks, acknowledged, appended);
  }

  /** As above; what is durable is mostly so because it was forced ahead of the writer. */
  private static Run writeAhead(int failAfter) {
    MemoryLogDevice device = new MemoryLogDevice();
    Blocks blocks = new Blocks();
    long acknowledged = 0;
    int appended = 0;
    int ahead = 0;
    try {
      if (failAfter >= 0) {
        device.failAfter(failAfter);
      }
      RedoLogCore log = new Logs().open(device);
      log.onWritten(() -> {});
      for (int i = 1; i <= RECORDS; i++) {
        appended = i;
        blocks.edit(i).write(i % 7, 8 * i, 300).write(20 + i % 3, i, 900).to(log);
        if (i % 3 == 0) {
          log.write();
        }
        if (i % 4 == 0 && log.forceAhead()) {
          ahead++;
        }
        if (i % 90 == 0) {
          log.flush();
        }
        acknowledged = log.durableLsn();
      }
      assertTrue(ahead > 10, "forced ahead " + ahead + " times");
      acknowledged = log.flush();
    } catch (WeftException _) {
      // The machine has failed.
    }
    return new Run(device, blocks, acknowledged, appended);
  }

  private static MemoryLogDevice.SectorFate fate(int seed) {
    Random random = new Random(seed);
    return switch (seed) {
      case 0 -> _ -> false;
      case 1 -> _ -> true;
      case 2 -> sector -> sector % 2 == 0;
      case 3 -> sector -> sector % 2 == 1;
      default -> _ -> random.nextBoolean();
    };
  }

  @Test
  void losesNothingAcknowledgedWhereverTheWriterFails() {
    int operations = write(-1, false).device.operations();
    assertTrue(operations > 80, "only " + operations + " operations");
    for (int failAfter = 0; failAfter < operations; failAfter++) {
      for (int seed = 0; seed < SEEDS; seed++) {
        checkPrefix(write(failAfter, false), seed);
      }
    }
  }

  @Test
  void losesNothingThatWasForcedAheadWhereverTheWriterFails() {
    int operations = writeAhead(-1).device.operations();
    assertTrue(operations > 40, "only " + operations + " operations");
    for (int failAfter = 0; failAfter < operations; failAfter++) {
      for (int seed = 0; seed < SEEDS; seed++) {
        checkPrefix(writeAhead(failAfter), seed);
      }
    }
  }

  @Test
  void losesNothingAcknowledgedWhenForcesFail() {
    for (int seed = 0; seed < SEEDS; seed++) {
      checkPrefix(write(-1, true), seed);
    }
  }

  private static void checkPrefix(Run run, int seed) {
    run.device.heal();
    run.device.crash(fate(seed));
    List<Logs.Seen> seen = Logs.changes(run.device, Logs.LOG);
    LogScan scan = LogScanner.scan(run.device, Logs.LOG, _ -> {});
    assertTrue(
        scan.endLsn() >= run.acknowledged,
        () -> "acknowledged " + run.acknowledged + ", recovered " + scan.endLsn());
    long scn = seen.isEmpty() ? 1 : seen.getFirst().scn();
    for (Logs.Seen change : seen) {
      assertEquals(scn++, change.scn());
    }
    assertTrue(scan.maxScn() <= run.records);
  }

  /** Blocks on a disk that tears a write when the machine fails. */
  private static final class Disk {
    private final Map<Long, byte[]> content = new HashMap<>();
    private final Map<Long, Long> version = new HashMap<>();
    private int writesLeft = Integer.MAX_VALUE;

    void write(long number, byte[] bytes, long newVersion) {
      if (writesLeft-- == 0) {
        byte[] torn = content.getOrDefault(number, new byte[Blocks.CONTENT_BYTES]).clone();
        System.arraycopy(bytes, 0, torn, 0, torn.length / 2);
        content.put(number, torn);
        version.put(number, RecoveryRedo.UNREADABLE);
        throw new MachineFailure();
      }
      content.put(number, bytes);
      version.put(number, newVersion);
    }
  }

  private static final class MachineFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static void recover(MemoryLogDevice device, Disk disk) {
    device.seal(Logs.LOG);
    try (SealedLogs dead = new SealedLogs(device)) {
      RedoIndex redo = dead.refresh();
      redo.forEachBlock(
          id -> {
            long version = disk.version.getOrDefault(id.number(), 0L);
            MemorySegment content =
                MemorySegment.ofArray(
                    disk.content.getOrDefault(id.number(), new byte[Blocks.CONTENT_BYTES]).clone());
            long reached = redo.apply(id.file(), id.number(), content, version);
            assertEquals(redo.lastVersion(id.file(), id.number()), reached);
            if (reached != version) {
              disk.write(id.number(), content.toArray(ValueLayout.JAVA_BYTE), reached);
            }
          });
    }
  }

  private static void checkDisk(Disk disk, Blocks blocks) {
    disk.version.forEach(
        (number, version) -> {
          assertEquals(blocks.block(number).version, version);
          assertArrayEquals(blocks.block(number).content, disk.content.get(number));
        });
    assertEquals(10, disk.version.size());
  }

  /** A log without checkpoints, all of it durable. */
  private static Run wholeLog() {
    MemoryLogDevice device = new MemoryLogDevice();
    Blocks blocks = new Blocks();
    RedoLogCore log = new Logs().open(device);
    for (int i = 1; i <= RECORDS; i++) {
      blocks.edit(i).write(i % 7, 8 * i, 300).write(20 + i % 3, i, 900).to(log);
    }
    return new Run(device, blocks, log.flush(), RECORDS);
  }

  @Test
  void recoveryMayFailAtEveryWriteAndIsDoneAgain() {
    Run run = wholeLog();
    for (int first = 0; first < 10; first++) {
      for (int second = 0; second <= 10; second++) {
        Disk disk = new Disk();
        for (int writes : new int[] {first, second}) {
          disk.writesLeft = writes;
          try {
            recover(run.device, disk);
          } catch (MachineFailure _) {
            // Once more.
          }
        }
        disk.writesLeft = Integer.MAX_VALUE;
        recover(run.device, disk);
        recover(run.device, disk);
        checkDisk(disk, run.blocks);
      }
    }
  }

  /** Blocks on disk are in any version that may have been written back, or torn. */
  @Test
  void recoversFromEveryStateThatTheDiskMayBeIn() {
    Run run = wholeLog();
    Random random = new Random(5);
    List<Long> numbers = new ArrayList<>(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L, 20L, 21L, 22L));
    for (int round = 0; round < 200; round++) {
      Disk disk = new Disk();
      for (long number : numbers) {
        Blocks.Block block = run.blocks.block(number);
        int version = random.nextInt((int) block.version + 1);
        disk.content.put(number, block.versions.get(version).clone());
        disk.version.put(number, (long) version);
        if (random.nextInt(4) == 0) {
          Arrays.fill(disk.content.get(number), 0, 600, (byte) 77);
          disk.version.put(number, RecoveryRedo.UNREADABLE);
        }
      }
      recover(run.device, disk);
      checkDisk(disk, run.blocks);
    }
  }
}
