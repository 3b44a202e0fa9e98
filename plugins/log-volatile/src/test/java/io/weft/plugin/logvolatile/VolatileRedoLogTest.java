// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.logvolatile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.RedoLogContract;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.view.Views;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The contract, as far as it concerns a log without a device, and the LSNs of many threads. */
final class VolatileRedoLogTest extends RedoLogContract {
  private final LoggedLines lines = new LoggedLines();
  private final VolatileRedoLog log = new VolatileRedoLog(lines);

  @Override
  protected RedoLog log(NodeFailure failure, Views lease) {
    return new VolatileRedoLog(new LoggedLines());
  }

  @Test
  void saysOnceAndLoudlyThatNothingSurvives() {
    log.append(ranges(8));
    assertEquals(1, lines.logged.size());
    assertEquals("WARNING", lines.logged.getFirst().substring(0, 7));
    assertFalse(log.survivesProcess());
  }

  @Test
  void knowsTheRecordsOfAllThreads() throws InterruptedException {
    List<Long> lsns = new CopyOnWriteArrayList<>();
    for (int thread = 0; thread < 3; thread++) {
      Thread.ofPlatform().start(() -> lsns.add(log.append(ranges(8)))).join();
    }
    long largest = Collections.max(lsns);
    AtomicInteger ran = new AtomicInteger();
    lsns.forEach(lsn -> log.whenDurable(lsn, ran::incrementAndGet));
    assertEquals(3, ran.get());
    assertEquals(largest, log.beginCheckpoint());
    assertThrows(
        IllegalArgumentException.class, () -> log.whenDurable(largest + 1, ran::incrementAndGet));
  }

  @Test
  void goesOnAfterALargerNumberOfAnotherThread() {
    long seen = 1L << 40;
    long lsn = log.append(ranges(8).seen(seen));
    assertTrue(lsn > seen);
    assertTrue(log.append(ranges(8)) > lsn);
  }

  @Test
  void refusesToWaitForARecordThatDoesNotExist() {
    assertThrows(IllegalArgumentException.class, () -> log.whenDurable(1, () -> {}));
  }

  /** A change with ranges of the given lengths. */
  private static OneBlockChange ranges(int... lengths) {
    OneBlockChange change = OneBlockChange.of(1, 1, 1);
    for (int length : lengths) {
      change = change.range(0, length);
    }
    return change;
  }

  /** Keeps what is logged. */
  private static final class LoggedLines implements Logger {
    private final List<String> logged = new ArrayList<>();

    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
      logged.add(level + " " + message);
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... values) {
      logged.add(level + " " + format);
    }
  }
}
