// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.logvolatile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.weft.spi.redo.RedoRecord;
import java.lang.System.Logger;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ResourceBundle;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules RL-1 to RL-3, as far as a log without a device can keep them. */
final class VolatileRedoLogTest {
  private final LoggedLines lines = new LoggedLines();
  private final VolatileRedoLog log = new VolatileRedoLog(lines);

  @Test
  void saysOnceAndLoudlyThatNothingSurvives() {
    log.append(new Ranges(8));
    assertEquals(1, lines.logged.size());
    assertEquals("WARNING", lines.logged.getFirst().substring(0, 7));
    assertFalse(log.survivesProcess());
  }

  @Test
  void advancesByTheLengthOfARealRecord() {
    assertEquals(0, log.durableLsn());
    assertEquals(40 + 24 + 8 + 8, log.append(new Ranges(8)));
    long before = log.durableLsn();
    assertEquals(40 + 24 + 2 * 8 + 3 + 10 + 3, log.append(new Ranges(3, 10)) - before);
  }

  @Test
  void everyRecordIsDurableAtOnce() {
    long lsn = log.append(new Ranges(8));
    assertEquals(lsn, log.durableLsn());
    List<String> events = new ArrayList<>();
    log.whenDurable(lsn, () -> events.add("durable"));
    assertEquals(List.of("durable"), events);
  }

  @Test
  void refusesToWaitForARecordThatDoesNotExist() {
    assertThrows(IllegalArgumentException.class, () -> log.whenDurable(1, () -> {}));
  }

  @Test
  void givesEveryRecordOfEveryThreadItsOwnPlace() throws InterruptedException {
    int each = 10_000;
    long[][] places = new long[4][each];
    List<Thread> threads =
        IntStream.range(0, places.length)
            .mapToObj(
                t ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              for (int i = 0; i < each; i++) {
                                places[t][i] = log.append(new Ranges(8));
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    long[] sorted =
        IntStream.range(0, places.length)
            .boxed()
            .flatMapToLong(t -> Arrays.stream(places[t]))
            .sorted()
            .toArray();
    for (int i = 0; i < sorted.length; i++) {
      assertEquals(80L * (i + 1), sorted[i]);
    }
  }

  /** A record of one block with ranges of the given lengths. */
  private record Ranges(int... lengths) implements RedoRecord {
    @Override
    public long scn() {
      return 1;
    }

    @Override
    public int blocks() {
      return 1;
    }

    @Override
    public int file(int index) {
      return 1;
    }

    @Override
    public long number(int index) {
      return 1;
    }

    @Override
    public long version(int index) {
      return 1;
    }

    @Override
    public MemorySegment content(int index) {
      return MemorySegment.NULL;
    }

    @Override
    public int ranges(int index) {
      return lengths.length;
    }

    @Override
    public int rangeOffset(int index, int range) {
      return 0;
    }

    @Override
    public int rangeLength(int index, int range) {
      return lengths[range];
    }
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
