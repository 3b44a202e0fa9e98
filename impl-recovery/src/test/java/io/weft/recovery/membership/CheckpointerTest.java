// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.plugin.tck.doubles.StillRuntime;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Heartbeats wait for no log. */
final class CheckpointerTest {
  private static final MembershipSettings SETTINGS =
      new MembershipSettings(
          Duration.ofSeconds(5),
          2,
          Duration.ofMillis(100),
          Duration.ZERO,
          false,
          false,
          Duration.ofSeconds(1),
          new ByteSize(1 << 20));

  private final Queue<Runnable> lane = new ArrayDeque<>();
  private final CountingLog log = new CountingLog();

  @Test
  void aTickLeavesTheMarkOfACheckpointToTheLane() {
    Serial serial = new Serial(StillRuntime.of(System::nanoTime).with(Runnable::run), _ -> {});
    // The cache is asked on the lane only.
    Checkpointer checkpointer = new Checkpointer(() -> 0, null, log, serial, lane::add, SETTINGS);
    checkpointer.tick();
    checkpointer.tick(); // while the first one hangs
    assertEquals(0, log.begun);
    assertEquals(1, lane.size());
  }

  /** Has much to forget. */
  private static final class CountingLog implements RedoLog {
    private int begun;

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public boolean survivesProcess() {
      return true;
    }

    @Override
    public long append(RedoRecord record) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long durableLsn() {
      return 0;
    }

    @Override
    public void whenDurable(long lsn, Runnable event) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long beginCheckpoint() {
      begun++;
      return 0;
    }

    @Override
    public long bytesSinceCheckpoint() {
      return 1 << 30;
    }

    @Override
    public void close() {}
  }
}
