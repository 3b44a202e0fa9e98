// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Everybody who waits for durable redo hears of it, once (RL-3), whoever does the flushing. */
@Timeout(300)
final class FileRedoLogEventsTest {
  /** So long that nothing in these tests can be owed to it. */
  private static final Duration NEVER = Duration.ofHours(1);

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final List<WeftException> failures = new CopyOnWriteArrayList<>();
  private final Blocks blocks = new Blocks();
  private final FileRedoLog log =
      FileRedoLogTest.log(NEVER, Duration.ZERO, failures::add, new Logs().views, device);

  @AfterEach
  void closeLog() {
    log.close();
  }

  @Test
  @Tag("RL-7")
  void whatIsForgottenNeitherStaysNorRuns() {
    DurableEvents events = new DurableEvents(failures::add);
    RedoLogCore volatileLog = new Logs().open(new MemoryLogDevice());
    List<Integer> ran = new ArrayList<>();
    List<Runnable> made = new ArrayList<>();
    int count = 500;
    for (int i = 0; i < count; i++) {
      int number = i;
      made.add(() -> ran.add(number));
      assertTrue(events.add(1_000_000 + i * 7919 % count, made.get(i), volatileLog));
    }
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (i % 3 == 0) {
        events.remove(1_000_000 + i * 7919 % count, made.get(i));
        events.remove(1_000_000 + i * 7919 % count, made.get(i));
      } else {
        kept.add(i);
      }
    }
    assertEquals(kept.size(), events.count());
    events.complete(Long.MAX_VALUE, Integer.MAX_VALUE);
    kept.sort(Comparator.comparing(i -> i * 7919 % count));
    assertEquals(kept, ran);
  }

  @Test
  void nobodyIsMissedWhileAnotherFlushes() throws Exception {
    log.open();
    int rounds = 20_000;
    AtomicLong appended = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    Thread flusher =
        Thread.ofPlatform()
            .start(
                () -> {
                  long last = 0;
                  while (!over.get()) {
                    long lsn = appended.get();
                    if (lsn > last) {
                      log.flush(lsn);
                      last = lsn;
                    }
                    Thread.onSpinWait();
                  }
                });
    for (int i = 1; i <= rounds; i++) {
      CountDownLatch heard = new CountDownLatch(1);
      long lsn = log.append(blocks.edit(i).write(1, 0, 8));
      blocks.block(1).imageLsn = lsn;
      appended.set(lsn);
      log.whenDurable(lsn, heard::countDown);
      assertTrue(heard.await(60, TimeUnit.SECONDS), "round " + i);
    }
    over.set(true);
    flusher.join();
  }

  @Test
  void whoComesWhileAnotherEndsACheckpointIsServed() throws Exception {
    log.open();
    log.append(blocks.edit(1).write(1, 0, 8));
    long checkpoint = log.beginCheckpoint();
    CountDownLatch heard = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    device.onForce(
        () -> {
          if (forces.getAndIncrement() == 0) { // while the checkpoint's end is forced
            long lsn = log.append(blocks.edit(2).write(2, 0, 8));
            log.whenDurable(lsn, heard::countDown);
          }
        });
    log.endCheckpoint(checkpoint);
    assertTrue(heard.await(60, TimeUnit.SECONDS));
  }

  @Test
  void anEventThatThrowsStopsTheNodeAndTakesNobodyWithIt() throws Exception {
    log.open();
    CountDownLatch heard = new CountDownLatch(3);
    CountDownLatch added = new CountDownLatch(1);
    device.onForce(() -> await(added)); // so that all of them wait for one flush
    long lsn = log.append(blocks.edit(1).write(1, 0, 8));
    log.whenDurable(
        lsn,
        () -> {
          heard.countDown();
          throw new IllegalStateException("planned");
        });
    log.whenDurable(lsn, heard::countDown);
    added.countDown();
    log.whenDurable(log.append(blocks.edit(2).write(2, 0, 8)), heard::countDown);
    assertTrue(heard.await(60, TimeUnit.SECONDS));
    assertEquals(
        List.of(CoreErrors.INVARIANT_BROKEN), failures.stream().map(WeftException::code).toList());
  }

  /** Fills an eighth of the buffer and more, so that both threads of the log have work. */
  private long write(int scn) {
    long lsn = 0;
    for (int i = 0; i < 40; i++) {
      lsn = log.append(blocks.edit(scn + i).write(1, 0, 900));
    }
    return lsn;
  }

  private static List<Thread> threadsOfLogs() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("weft-redo"))
        .toList();
  }

  @Test
  void anInterruptedThreadOfTheLogGoesToRest() throws Exception {
    List<Thread> others = threadsOfLogs();
    log.open();
    List<Thread> threads = new ArrayList<>(threadsOfLogs());
    threads.removeAll(others);
    assertEquals(2, threads.size());
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING || thread.isInterrupted()) {
        Thread.onSpinWait(); // until the time-out of the test
      }
    }
    CountDownLatch heard = new CountDownLatch(1);
    log.whenDurable(write(1), heard::countDown);
    assertTrue(heard.await(60, TimeUnit.SECONDS));
    assertEquals(List.of(), failures);
  }

  @Test
  void anEventMayCloseTheLogOnTheLogsOwnThread() throws Exception {
    log.open();
    CountDownLatch closed = new CountDownLatch(1);
    log.whenDurable(
        log.append(blocks.edit(1).write(1, 0, 8)),
        () -> {
          log.close();
          closed.countDown();
        });
    assertTrue(closed.await(60, TimeUnit.SECONDS));
    assertEquals(List.of(), failures);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
