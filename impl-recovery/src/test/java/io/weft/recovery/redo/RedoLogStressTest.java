// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.doubles.MemoryLogDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ring under real threads: appenders, flushers, and marks of checkpoints between them. */
@Timeout(300)
final class RedoLogStressTest {
  private static final int APPENDERS = 3;
  private static final int EACH = 3_000;
  private static final int BLOCKS_EACH = 4;
  private static final int CRASHES = 2_000;

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final Logs logs = new Logs();
  private final ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();

  @Test
  void everyRecordIsThereOnceAndEveryMarkMakesImages() throws InterruptedException {
    RedoLogCore log = logs.open(device);
    CountDownLatch appended = new CountDownLatch(APPENDERS);
    AtomicBoolean over = new AtomicBoolean();
    List<Long> marks = new ArrayList<>(); // of the one thread that makes them
    Thread checkpoints = start(() -> mark(log, marks, over));
    Thread flusher = start(() -> flush(log, over));
    log.onWritten(() -> {});
    Thread forcer = start(() -> forceAhead(log, over));
    for (int a = 0; a < APPENDERS; a++) {
      int appender = a;
      start(
          () -> {
            try {
              append(log, appender);
            } finally {
              appended.countDown();
            }
          });
    }
    appended.await();
    over.set(true);
    checkpoints.join();
    flusher.join();
    forcer.join();
    log.flush();

    assertEquals(List.of(), List.copyOf(wrong));
    assertEquals(List.of(), logs.failures);
    assertTrue(marks.size() > 1, "marks " + marks.size());
    assertAllThereInOrder();
    assertImagesBehind(marks);
  }

  /**
   * The machine may fail at any moment, also while one thread forces and another one writes on:
   * what counted as durable before is there, and a torn write is not taken for damage.
   */
  @Test
  void whateverTheMomentNothingDurableIsLost() throws InterruptedException {
    RedoLogCore log = logs.open(device);
    device.onForce(Thread::yield);
    AtomicBoolean over = new AtomicBoolean();
    log.onWritten(() -> {});
    List<Thread> running = new ArrayList<>();
    running.add(start(() -> forceAhead(log, over)));
    running.add(start(() -> write(log, over)));
    running.add(start(() -> appendUntil(log, over)));
    try {
      long most = 0;
      for (int crash = 0; crash < CRASHES; crash++) {
        long durable = log.durableLsn();
        Random random = new Random(crash);
        int keep = crash % 5; // of four sectors; 4: all
        MemoryLogDevice left = device.afterCrash(_ -> random.nextInt(4) < keep);
        long end = LogScanner.scan(left, Logs.LOG, _ -> {}).endLsn();
        assertTrue(end >= durable, "crash " + crash + ": ends at " + end + " < " + durable);
        most = durable;
      }
      assertTrue(most > 3L * Logs.SMALL, "only up to LSN " + most);
    } finally {
      over.set(true);
      for (Thread thread : running) {
        thread.join();
      }
    }
    assertEquals(List.of(), List.copyOf(wrong));
    assertEquals(List.of(), logs.failures);
  }

  /** As the log's thread: mostly only writes, now and then flushes; gives redo back. */
  private static void write(RedoLogCore log, AtomicBoolean over) {
    for (int i = 0; !over.get(); i++) {
      if (i % 50 == 0) {
        log.flush();
      } else if (i % 333 == 0) {
        log.endCheckpoint(log.beginCheckpoint());
      } else {
        log.write();
      }
    }
  }

  private static void appendUntil(RedoLogCore log, AtomicBoolean over) {
    Blocks blocks = new Blocks();
    for (int i = 1; !over.get(); i++) {
      blocks.edit(i).write(i % 7, 8 * (i % 20), 8 + i % 900).to(log);
    }
  }

  private Thread start(Runnable task) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                task.run();
              } catch (Throwable t) {
                wrong.add(t);
              }
            });
  }

  private static void append(RedoLogCore log, int appender) {
    Blocks blocks = new Blocks(); // a block has one writer at a time
    for (int i = 0; i < EACH; i++) {
      long block = appender * BLOCKS_EACH + i % BLOCKS_EACH;
      long end = blocks.edit(scn(appender, i)).write(block, 8 * (i % 100), 16).to(log);
      if (i % 16 == 0) {
        while (log.durableLsn() < end) { // behind a record that another thread still fills
          log.flush();
          Thread.onSpinWait();
        }
      }
    }
  }

  private static long scn(int appender, int i) {
    return (long) appender * EACH + i + 1;
  }

  private static void mark(RedoLogCore log, List<Long> marks, AtomicBoolean over) {
    while (!over.get()) {
      marks.add(log.beginCheckpoint());
      Thread.yield();
    }
  }

  private static void flush(RedoLogCore log, AtomicBoolean over) {
    while (!over.get()) {
      long before = log.durableLsn();
      assertTrue(log.flush() >= before);
    }
  }

  private static void forceAhead(RedoLogCore log, AtomicBoolean over) {
    while (!over.get()) {
      long before = log.durableLsn();
      log.forceAhead();
      assertTrue(log.durableLsn() >= before);
      Thread.yield();
    }
  }

  private void assertAllThereInOrder() {
    List<Logs.Seen> seen = Logs.changes(device, Logs.LOG);
    assertEquals(APPENDERS * EACH, seen.size());
    long[] last = new long[APPENDERS];
    Arrays.fill(last, -1);
    long end = 0;
    for (Logs.Seen record : seen) {
      int appender = (int) ((record.scn() - 1) / EACH);
      long number = (record.scn() - 1) % EACH;
      assertEquals(last[appender] + 1, number);
      last[appender] = number;
      assertTrue(record.lsn() >= end);
      end = record.end();
    }
  }

  /** The first change of a block behind a mark has its whole image (fuzzy checkpoints need it). */
  private void assertImagesBehind(List<Long> marks) {
    Map<Long, Integer> markOfImage = new HashMap<>();
    Set<String> missing = new HashSet<>();
    int[] next = {0};
    LogScanner.scan(
        device,
        Logs.LOG,
        record -> {
          while (next[0] < marks.size() && marks.get(next[0]) <= record.lsn()) {
            next[0]++;
          }
          while (record.nextBlock()) {
            if (record.isImage()) {
              markOfImage.put(record.number(), next[0]);
            } else if (markOfImage.getOrDefault(record.number(), 0) < next[0]) {
              missing.add("block " + record.number() + " at LSN " + record.lsn());
            }
          }
        });
    assertEquals(Set.of(), missing);
  }
}
