// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.RedoLogContract;
import io.weft.plugin.tck.doubles.MemoryLogDevice;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.plugin.tck.doubles.StillRuntime;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.recovery.replay.RedoIndex;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.redo.RedoRecord;
import io.weft.spi.view.Views;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract, and who flushes, and when. */
@Timeout(300)
final class FileRedoLogTest extends RedoLogContract {
  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SPIN = Duration.ofNanos(20_000);

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final List<WeftException> failures = new CopyOnWriteArrayList<>();
  private final Blocks blocks = new Blocks();

  private final CountDownLatch answer = new CountDownLatch(1);

  @Override
  protected RedoLog log(NodeFailure failure, Views lease) {
    return log(LONG, SPIN, failure, lease, device);
  }

  @Override
  protected boolean hold() {
    device.onForce(() -> await(() -> answer.getCount() == 0));
    return true;
  }

  @Override
  protected void letGo() {
    answer.countDown();
  }

  @Override
  protected boolean breakDevice() {
    device.failForces();
    return true;
  }

  @Override
  protected long deviceOperations() {
    return device.operations();
  }

  private FileRedoLog open(Duration interval) {
    FileRedoLog log = log(interval, SPIN, failures::add, new Logs().views, device);
    log.open();
    return log;
  }

  /** A log of node 1 that flushes by itself after the interval. */
  static FileRedoLog log(
      Duration interval, Duration spin, NodeFailure failure, Views views, LogDevice device) {
    return new FileRedoLog(
        new FileRedoLogSettings(
            new ByteSize(Logs.SMALL),
            new ByteSize(Logs.SMALL),
            interval,
            0,
            Duration.ZERO,
            spin,
            ImageCompression.NONE),
        TestNodes.node(Logs.CLUSTER, 1, 42, TestNodes.BLOCK_BYTES),
        failure,
        views,
        StillRuntime.of(System::nanoTime),
        device,
        new PlainMetrics());
  }

  private long append(FileRedoLog log, int scn) {
    return log.append(blocks.edit(scn).write(1, 0, 8));
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait(); // until the time-out of the test
    }
  }

  private static Thread writer() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("weft-redo"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void makesDurableWhatNobodyWaitsForWithinTheInterval() {
    FileRedoLog log = open(SHORT);
    for (int i = 1; i <= 20; i++) {
      long lsn = append(log, i);
      await(() -> log.durableLsn() >= lsn);
    }
    log.close();
  }

  @Test
  void parksForEverWhenThereIsNothingToDo() {
    FileRedoLog log = open(SHORT);
    long lsn = append(log, 1);
    await(() -> log.durableLsn() >= lsn);
    Thread thread = writer();
    await(() -> thread.getState() == Thread.State.WAITING); // not TIMED_WAITING
    long next = append(log, 2);
    await(() -> log.durableLsn() >= next);
    log.close();
    assertFalse(thread.isAlive());
  }

  @Test
  void aLoneCommitterFlushesItself() {
    FileRedoLog log = open(LONG);
    for (int i = 1; i <= 100; i++) {
      assertTrue(log.flush(append(log, i)));
    }
    log.close();
  }

  @Test
  void committersShareFlushes() throws InterruptedException {
    int threads = 8;
    int commits = 300;
    FileRedoLog log = open(LONG);
    AtomicInteger forces = new AtomicInteger();
    device.onForce(
        () -> {
          forces.incrementAndGet();
          for (int i = 0; i < threads; i++) {
            Thread.yield(); // a device takes its time, and others append meanwhile
          }
        });
    List<Thread> running = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int number = t;
      running.add(Thread.ofVirtual().start(() -> commit(log, number, commits)));
    }
    for (Thread thread : running) {
      thread.join();
    }
    assertEquals(List.of(), failures);
    log.close();
    assertEquals(threads * commits, Logs.changes(device, Logs.LOG).size());
    assertTrue(forces.get() < threads * commits, forces + " forces");
  }

  private static void commit(FileRedoLog log, int number, int commits) {
    Blocks own = new Blocks();
    for (int i = 1; i <= commits; i++) {
      RedoRecord record = own.edit(i).write(number, 0, 8);
      own.block(number).imageLsn = Long.MAX_VALUE;
      long lsn = log.append(record);
      if (!log.flush(lsn)) {
        CountDownLatch durable = new CountDownLatch(1);
        log.whenDurable(lsn, durable::countDown);
        try {
          durable.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      assertTrue(log.durableLsn() >= lsn);
    }
  }

  @Test
  @Tag("RL-1")
  void copiesWhatItNeedsBeforeAppendReturns() {
    byte[] content = new byte[OneBlockChange.CONTENT_BYTES];
    content[8] = 5;
    FileRedoLog log = open(LONG);
    log.append(OneBlockChange.of(7, 3, 1).content(MemorySegment.ofArray(content)).range(8, 1));
    content[8] = 6;
    log.append(OneBlockChange.of(7, 3, 2).content(MemorySegment.ofArray(content)).range(8, 1));
    content[8] = 7;
    log.close();
    device.seal(Logs.LOG);
    RedoIndex index = new SealedLogs(device).refresh();
    byte[] recovered = new byte[OneBlockChange.CONTENT_BYTES];
    assertEquals(2, index.apply(7, 3, MemorySegment.ofArray(recovered), 0));
    assertEquals(6, recovered[8]);
  }

  @Test
  void leavesNothingBehindWhenEverythingIsCheckpointed() {
    FileRedoLog log = open(SHORT);
    append(log, 1);
    assertTrue(log.bytesSinceCheckpoint() > 0);
    log.endCheckpoint(log.beginCheckpoint());
    log.close();
    assertEquals(List.of(), device.logs());
  }

  @Test
  void refusesToWaitForWhatWasNeverAppended() {
    FileRedoLog log = open(SHORT);
    assertThrows(IllegalArgumentException.class, () -> log.whenDurable(1L << 40, () -> {}));
    log.close();
  }
}
