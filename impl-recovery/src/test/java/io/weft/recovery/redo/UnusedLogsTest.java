// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.spi.redo.LogId;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What starts that failed leave behind. */
final class UnusedLogsTest {
  private final MemoryLogDevice device = new MemoryLogDevice();
  private final Logs logs = new Logs();

  private static LogId life(long incarnation) {
    return new LogId(1, incarnation);
  }

  @Test
  void aStartThatFailsGivesUpItsLog() {
    logs.open(device, life(1)).close();
    assertEquals(List.of(), device.logs());
  }

  @Test
  void aStartThatFailsWithoutALeaseGivesUpItsLog() {
    RedoLogCore log = logs.open(device, life(1));
    logs.views.revokeLease();
    log.close();
    assertEquals(List.of(), device.logs());
  }

  @Test
  void theNextLifeGivesUpTheLogsOfKilledStarts() {
    logs.open(device, life(1));
    logs.open(device, new LogId(2, 1));
    logs.open(device, life(2));
    assertEquals(List.of(life(2), new LogId(2, 1)), device.logs(), "and that of another node");
  }

  @Test
  void aLogWithAChangeIsLeftAlone() {
    RedoLogCore used = logs.open(device, life(1));
    new Blocks().edit(1).write(1, 0, 8).to(used);
    used.flush();
    logs.open(device, life(2));
    assertEquals(List.of(0L), device.segments(life(1)));
    assertEquals(1, LogScanner.scan(device, life(1), _ -> {}).changes());
  }

  @Test
  void aDamagedLogIsLeftAlone() {
    RedoLogCore used = logs.open(device, life(1));
    Blocks blocks = new Blocks();
    for (int i = 1; i <= 3; i++) {
      blocks.edit(i).write(1, 0, 8).to(used);
      used.flush();
    }
    byte[] bytes = device.bytes(life(1), 0);
    Arrays.fill(
        bytes, LogFormat.SEGMENT_HEADER_BYTES, LogFormat.SEGMENT_HEADER_BYTES + 64, (byte) 0);
    device.put(life(1), 0, bytes);
    logs.open(device, life(2));
    assertEquals(List.of(0L), device.segments(life(1)));
  }

  @Test
  void aCrashLoopLeavesOneLog() {
    for (int start = 1; start <= 100; start++) {
      logs.open(device, life(start));
    }
    assertEquals(List.of(life(100)), device.logs());
  }
}
