// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.OneBlockChange;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link RedoLog} keeps: rules RL-1 to RL-8. Rules about a device concern only logs
 * whose records survive the process.
 *
 * <p>Seams, all optional: {@link #hold} and {@link #letGo} for RL-1, RL-3 and RL-7, {@link
 * #breakDevice} for RL-4, {@link #deviceOperations} for RL-6.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class RedoLogContract {
  private static final long UNKNOWN = -1;

  private final List<WeftException> failures = new CopyOnWriteArrayList<>();
  private final Views views = Views.fixed(TestNodes.view(1));
  private final List<RedoLog> opened = new ArrayList<>();

  /**
   * The log under test, of node 1, not open yet; called once a test.
   *
   * @param failure what it stops the node by
   * @param lease has the node's view and lease
   */
  protected abstract RedoLog log(NodeFailure failure, Views lease);

  /**
   * From now on the device does not answer.
   *
   * @return false if that cannot be played
   */
  protected boolean hold() {
    return false;
  }

  /** The device answers again, also who is waiting already. */
  protected void letGo() {}

  /**
   * From now on nothing can be made stable.
   *
   * @return false if that cannot be played
   */
  protected boolean breakDevice() {
    return false;
  }

  /** How often the device has been written or forced so far; negative if nobody knows. */
  protected long deviceOperations() {
    return UNKNOWN;
  }

  private RedoLog open() {
    RedoLog log = log(failures::add, views);
    log.open();
    opened.add(log);
    return log;
  }

  @AfterEach
  void closeLogs() {
    letGo();
    opened.forEach(RedoLog::close);
  }

  private static OneBlockChange change(long version) {
    return OneBlockChange.of(7, version % 5, version).range(8, 16).withoutImage();
  }

  @Test
  void hasAName() {
    assertFalse(log(failures::add, views).name().isBlank());
  }

  // ---- RL-1

  @Test
  @Tag("RL-1")
  @Tag("RL-8")
  void everyRecordOfEveryThreadHasItsOwnPlace() throws InterruptedException {
    int each = 2_000;
    RedoLog log = open();
    long[][] ends = new long[4][each];
    List<Thread> threads = new ArrayList<>();
    for (long[] mine : ends) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < each; i++) {
                      mine[i] = log.append(change(i + 1));
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (long[] mine : ends) {
      assertTrue(mine[0] > 0);
      for (int i = 1; i < each; i++) {
        assertTrue(mine[i] > mine[i - 1], "an LSN is not larger than all before");
      }
    }
    long distinct = Arrays.stream(ends).flatMapToLong(Arrays::stream).distinct().count();
    assertEquals(4L * each, distinct);
    assertEquals(List.of(), failures);
  }

  @Test
  @Tag("RL-1")
  void appendDoesNotWaitForADeviceWhileThereIsRoom() {
    RedoLog log = open();
    assumeTrue(hold(), "no device to wait for");
    long first = log.append(change(1));
    log.whenDurable(first, () -> {}); // so that a thread is writing
    long last = first;
    for (int version = 2; version <= 20; version++) {
      last = log.append(change(version));
    }
    assertTrue(log.durableLsn() < first);
    letGo();
    awaitDurable(log, last);
  }

  // ---- RL-2

  @Test
  @Tag("RL-2")
  void whatIsDurableNeverGoesBack() throws InterruptedException {
    RedoLog log = open();
    AtomicBoolean over = new AtomicBoolean();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    Thread watcher =
        Thread.ofPlatform()
            .start(
                () -> {
                  long last = 0;
                  while (!over.get()) {
                    long now = log.durableLsn();
                    if (now < last) {
                      wrong.add(now + " after " + last);
                    }
                    last = now;
                  }
                });
    long last = 0;
    for (int version = 1; version <= 1_000; version++) {
      last = log.append(change(version));
      if (version % 10 == 0) {
        log.flush(last);
      }
    }
    awaitDurable(log, last);
    over.set(true);
    watcher.join();
    assertEquals(List.of(), List.copyOf(wrong));
  }

  @Test
  @Tag("RL-2")
  void recordsBecomeDurableInTheirOrder() {
    RedoLog log = open();
    List<Long> ends = new ArrayList<>();
    for (int version = 1; version <= 100; version++) {
      ends.add(log.append(change(version)));
    }
    awaitDurable(log, ends.get(49));
    for (long end : ends.subList(0, 50)) {
      assertTrue(log.flush(end), "an earlier record is not durable");
    }
  }

  // ---- RL-3

  @Test
  @Tag("RL-3")
  void everyEventRunsOnceAndNotBeforeItsRecordIsDurable() throws InterruptedException {
    int threads = 4;
    int each = 300;
    RedoLog log = open();
    AtomicInteger ran = new AtomicInteger();
    AtomicInteger early = new AtomicInteger();
    AtomicLong last = new AtomicLong();
    List<Thread> committers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      boolean flushes = t % 2 == 0;
      committers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 1; i <= each; i++) {
                      long lsn = log.append(change(i));
                      last.accumulateAndGet(lsn, Math::max);
                      log.whenDurable(
                          lsn,
                          () -> {
                            early.addAndGet(log.durableLsn() < lsn ? 1 : 0);
                            ran.incrementAndGet();
                          });
                      if (flushes && i % 5 == 0) {
                        log.flush(lsn);
                      }
                    }
                  }));
    }
    for (Thread committer : committers) {
      committer.join();
    }
    Expect.soon(() -> ran.get() == threads * each, "a caller waits for ever");
    awaitDurable(log, last.get());
    assertEquals(threads * each, ran.get());
    assertEquals(0, early.get(), "events before their record was durable");
    assertEquals(List.of(), failures);
  }

  @Test
  @Tag("RL-3")
  void anEventOfADurableRecordRuns() {
    RedoLog log = open();
    long lsn = log.append(change(1));
    awaitDurable(log, lsn);
    AtomicInteger ran = new AtomicInteger();
    log.whenDurable(lsn, ran::incrementAndGet);
    log.whenDurable(0, ran::incrementAndGet);
    Expect.soon(() -> ran.get() == 2, "an event of a durable record has not run");
  }

  @Test
  @Tag("RL-3")
  void noEventRunsWhileTheDeviceHasNotAnswered() {
    RedoLog log = open();
    assumeTrue(hold(), "no device to wait for");
    AtomicInteger ran = new AtomicInteger();
    long lsn = log.append(change(1));
    log.whenDurable(lsn, ran::incrementAndGet);
    assertTrue(log.durableLsn() < lsn);
    assertEquals(0, ran.get());
    letGo();
    Expect.soon(() -> ran.get() == 1, "the event has not run");
  }

  @Test
  @Tag("RL-3")
  void closingMakesEverythingDurableAndForgetsNobody() {
    RedoLog log = open();
    AtomicInteger ran = new AtomicInteger();
    for (int version = 1; version <= 50; version++) {
      log.whenDurable(log.append(change(version)), ran::incrementAndGet);
    }
    opened.clear();
    log.close();
    assertEquals(50, ran.get());
  }

  // ---- RL-4

  @Test
  @Tag("RL-4")
  void aLogThatCannotMakeRecordsDurableStopsTheNodeOnce() {
    RedoLog log = open();
    assumeTrue(breakDevice(), "no device to break");
    AtomicInteger ran = new AtomicInteger();
    long lsn = log.append(change(1));
    log.whenDurable(lsn, ran::incrementAndGet);
    Expect.soon(() -> !failures.isEmpty(), "the node has not been stopped");
    long operations = deviceOperations();
    for (int attempt = 0; attempt < 3; attempt++) {
      quietly(() -> log.flush(lsn));
      quietly(() -> log.append(change(2)));
    }
    quietly(log::close);
    assertTrue(log.durableLsn() < lsn);
    assertEquals(0, ran.get(), "an event has run whose record is not durable");
    assertEquals(operations, deviceOperations(), "the log has tried again");
    assertEquals(1, failures.size(), () -> "" + failures);
  }

  // ---- RL-5

  @Test
  @Tag("RL-5")
  void theFirstRecordAfterACheckpointBeganHasTheImage() {
    RedoLog log = open();
    assumeTrue(log.survivesProcess(), "nobody recovers from this log");
    OneBlockChange first = OneBlockChange.of(7, 3, 1).range(0, 8);
    long image = log.append(first);
    assertEquals(1, first.imagesLogged(), "a block that came to this node");
    OneBlockChange second = OneBlockChange.of(7, 3, 2).range(0, 8).imageAt(image);
    log.append(second);
    assertEquals(0, second.imagesLogged(), "its image is in the log already");
    log.beginCheckpoint();
    OneBlockChange third = OneBlockChange.of(7, 3, 3).range(0, 8).imageAt(image);
    long again = log.append(third);
    assertEquals(1, third.imagesLogged(), "its image may be forgotten");
    OneBlockChange fourth = OneBlockChange.of(7, 3, 4).range(0, 8).imageAt(again);
    log.append(fourth);
    assertEquals(0, fourth.imagesLogged());
  }

  @Test
  @Tag("RL-5")
  void aCheckpointLetsRedoBeForgotten() {
    RedoLog log = open();
    assumeTrue(log.survivesProcess(), "nobody recovers from this log");
    long last = 0;
    for (int version = 1; version <= 50; version++) {
      last = log.append(change(version));
    }
    awaitDurable(log, last);
    long before = log.bytesSinceCheckpoint();
    assertTrue(before > 0);
    log.endCheckpoint(log.beginCheckpoint());
    assertTrue(log.bytesSinceCheckpoint() < before, "redo that nobody needs is still counted");
  }

  // ---- RL-6

  @Test
  @Tag("RL-6")
  void nothingIsWrittenWithoutTheLease() {
    RedoLog log = open();
    assumeTrue(log.survivesProcess(), "nothing is written by this log");
    AtomicInteger ran = new AtomicInteger();
    awaitDurable(log, log.append(change(1)));
    Expect.soon(this::deviceRests, "the device is not at rest");
    views.revokeLease();
    long operations = deviceOperations();
    quietly(
        () -> {
          long lsn = log.append(change(2));
          log.whenDurable(lsn, ran::incrementAndGet);
          log.flush(lsn);
        });
    quietly(log::close);
    assertEquals(0, ran.get(), "durable without a lease");
    assertEquals(operations, deviceOperations(), "written without a lease");
  }

  /** What runs behind a flush, for example making the next segment, has come to its end. */
  private boolean deviceRests() {
    long before = deviceOperations();
    for (int look = 0; look < 1_000; look++) {
      Thread.yield();
    }
    return before == deviceOperations();
  }

  // ---- RL-7

  @Test
  @Tag("RL-7")
  void anEventThatHasBeenForgottenDoesNotRun() {
    RedoLog log = open();
    assumeTrue(hold(), "no device to wait for");
    AtomicInteger forgotten = new AtomicInteger();
    AtomicInteger kept = new AtomicInteger();
    long lsn = log.append(change(1));
    Runnable event = forgotten::incrementAndGet;
    log.whenDurable(lsn, event);
    log.whenDurable(lsn, kept::incrementAndGet);
    log.forget(lsn, event);
    log.forget(lsn, event);
    letGo();
    Expect.soon(() -> kept.get() == 1, "the other event has not run");
    awaitDurable(log, lsn);
    assertEquals(0, forgotten.get());
  }

  @Test
  @Tag("RL-7")
  void forgettingWhatWasNeverAskedForDoesNothing() {
    RedoLog log = open();
    AtomicInteger ran = new AtomicInteger();
    long lsn = log.append(change(1));
    log.forget(lsn, () -> {});
    log.whenDurable(lsn, ran::incrementAndGet);
    Expect.soon(() -> ran.get() == 1, "the event has not run");
    log.forget(lsn, () -> {});
    log.forget(0, () -> {});
    assertEquals(1, ran.get());
  }

  // ---- RL-8

  @Test
  @Tag("RL-8")
  void aRecordIsAfterAllThatItsChangeHasSeen() throws InterruptedException {
    int each = 2_000;
    RedoLog log = open();
    Object pin = new Object(); // as the exclusive pin of the block
    long[] last = {0, 0}; // LSN and version of the block that all threads change
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      int number = 100 + thread;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 1; i <= each; i++) {
                      OneBlockChange own = OneBlockChange.of(7, number, i).range(8, 16);
                      long mine = log.append(own.withoutImage());
                      synchronized (pin) {
                        long seen = Math.max(last[0], mine);
                        long lsn = log.append(change(++last[1]).seen(seen));
                        if (lsn <= seen) {
                          wrong.add(lsn + " after " + seen);
                        }
                        last[0] = lsn;
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), List.copyOf(wrong));
    assertEquals(List.of(), failures);
  }

  @Test
  @Tag("RL-8")
  void aLogThatSurvivesNumbersRecordsInTheOrderOfTheirAppends() throws InterruptedException {
    RedoLog log = open();
    assumeTrue(log.survivesProcess(), "LSNs are no positions");
    long[] last = {0};
    for (int i = 1; i <= 20; i++) {
      int version = i;
      Thread thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    long lsn = log.append(change(version));
                    last[0] = lsn > last[0] ? lsn : Long.MAX_VALUE;
                  });
      thread.join();
    }
    assertTrue(last[0] < Long.MAX_VALUE, "a record has a smaller LSN than an earlier one");
    long mark = log.beginCheckpoint();
    assertTrue(mark >= last[0], "a checkpoint leaves out a record that was appended before");
    assertTrue(log.append(change(21)) > mark, "a checkpoint includes a later record");
  }

  private static void awaitDurable(RedoLog log, long lsn) {
    Expect.soon(() -> log.flush(lsn), "LSN " + lsn + " does not become durable");
    assertTrue(log.durableLsn() >= lsn);
  }

  /** A log that has failed may say so. */
  private static void quietly(Runnable call) {
    try {
      call.run();
    } catch (WeftException _) {
      // what it says is not the subject
    }
  }
}
