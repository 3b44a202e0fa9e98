// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.spi.peer.PeerLoop;
import io.weft.spi.plugin.ByteSize;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The receiving thread, in every way to wait. */
@Timeout(120)
final class ShmLoopTest {
  private static final String SELF = "n0-1.1";

  @TempDir private Path parent;

  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private ClusterDirectory directory;
  private FileChannel lock;
  private NodePage page;

  @BeforeEach
  void makePage() throws IOException {
    directory = ClusterDirectory.of(parent.toString(), "test", ClusterDirectory::usable);
    lock = directory.live(SELF);
    page = NodePage.make(directory, SELF, Arena.ofAuto());
  }

  @AfterEach
  void deletePage() {
    directory.die(SELF, lock);
  }

  private ShmLoop loop(ShmSettings.Waiting waiting, boolean futexes) {
    ShmSettings settings =
        new ShmSettings(
            parent.toString(),
            new ByteSize(Ring.MIN_BYTES),
            waiting,
            Duration.ZERO,
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    return new ShmLoop(
        page, settings, "loop", futexes, t -> events.add("thrown " + t.getMessage()));
  }

  private String next() throws InterruptedException {
    return events.poll(60, TimeUnit.SECONDS);
  }

  /** Reports each call of the page. */
  private final class CallsOfPage implements ShmLoop.Source {
    private int seen;
    private boolean broken;

    @Override
    public boolean poll() {
      boolean any = page.calls() != seen;
      if (any) {
        seen = page.calls();
        events.add("call " + seen);
      }
      return any;
    }

    @Override
    public boolean hasWork() {
      if (broken) {
        throw new IllegalStateException("has no work");
      }
      return page.calls() != seen;
    }

    @Override
    public void checkPeer() {}

    @Override
    public void close() {
      events.add("closed");
    }
  }

  @ParameterizedTest
  @CsvSource({"SPIN,false", "YIELD,false", "PARK,true", "PARK,false"})
  void runsTasksTimersAndSourcesUntilItIsClosed(ShmSettings.Waiting waiting, boolean futexes)
      throws Exception {
    ShmLoop loop = loop(waiting, futexes && Futex.isSupported());
    loop.execute(() -> loop.add(new CallsOfPage()));
    loop.start();
    assertFalse(loop.isCurrent());
    for (int i = 1; i <= 200; i++) {
      int number = i;
      loop.execute(() -> events.add("task " + number + loop.isCurrent()));
      assertEquals("task " + i + "true", next());
      page.call();
      assertEquals("call " + i, next());
    }
    loop.executeIn(1, () -> events.add("later"));
    assertEquals("later", next());
    loop.execute(
        () -> {
          throw new IllegalStateException("planted");
        });
    assertEquals("thrown planted", next());
    loop.close();
    assertEquals("closed", next());
    assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
    loop.close();
  }

  /** As a drain loop under load does, whose helper is this thread. */
  @Test
  void tasksThatBringFurtherTasksDoNotHoldBackTheSources() throws Exception {
    ShmLoop loop = loop(ShmSettings.Waiting.PARK, Futex.isSupported());
    loop.execute(() -> loop.add(new CallsOfPage()));
    page.call();
    AtomicInteger left = new AtomicInteger(1_000_000);
    loop.execute(
        new Runnable() {
          @Override
          public void run() {
            if (events.isEmpty() && left.decrementAndGet() > 0) {
              loop.execute(this);
            }
          }
        });
    loop.start();
    assertEquals("call 1", next());
    assertTrue(left.get() > 0, "all tasks ran first");
    loop.close();
  }

  @Test
  void anExceptionBeforeASleepIsReportedAndTheThreadGoesOn() throws Exception {
    ShmLoop loop = loop(ShmSettings.Waiting.PARK, Futex.isSupported());
    CallsOfPage calls = new CallsOfPage();
    loop.execute(() -> loop.add(calls));
    loop.execute(() -> calls.broken = true);
    loop.start();
    assertEquals("thrown has no work", next());
    loop.execute(() -> calls.broken = false);
    page.call();
    for (String event = next(); !"call 1".equals(event); event = next()) {
      assertEquals("thrown has no work", event);
    }
    loop.close();
  }

  @Test
  void cancelledTimerDoesNotRun() throws Exception {
    ShmLoop loop = loop(ShmSettings.Waiting.PARK, Futex.isSupported());
    loop.start();
    loop.execute(
        () -> {
          PeerLoop.Timer cancelled = loop.schedule(() -> events.add("cancelled"), 1);
          loop.schedule(() -> events.add("second"), 2);
          cancelled.cancel();
        });
    assertEquals("second", next());
    loop.close();
    assertTrue(events.isEmpty());
  }
}
