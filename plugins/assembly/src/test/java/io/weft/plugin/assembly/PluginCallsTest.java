// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.store.BlockLayout;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plugin that throws, hangs or returns null is named. */
@Timeout(300)
final class PluginCallsTest {
  private static final String ORIGIN = "\"mine\" (/plugins/mine-1.0.jar)";

  private static final View VIEW =
      new View(Epoch.FIRST, List.of(new Member(new NodeId(0), "here", 1)), Map.of());

  private final PluginCalls calls = new PluginCalls();

  private HashStrategy strategy(HashStrategy plugin) {
    return calls.guard(HashStrategy.class, plugin, ORIGIN);
  }

  private static void assertNames(WeftException thrown, String what) {
    assertEquals(AssemblyErrors.PLUGIN_FAILED, thrown.code());
    assertTrue(thrown.getMessage().contains(ORIGIN), thrown.getMessage());
    assertTrue(thrown.getMessage().contains(what), thrown.getMessage());
  }

  @Test
  void namesThePluginThatThrows() {
    AssertionError error = new AssertionError("a bug");
    WeftException thrown =
        assertThrows(
            WeftException.class,
            () ->
                strategy(
                        _ -> {
                          throw error;
                        })
                    .propose(VIEW));
    assertNames(thrown, "HashStrategy");
    assertNames(thrown, "propose threw java.lang.AssertionError: a bug");
    assertSame(error, thrown.getCause());
  }

  @Test
  void namesThePluginThatReturnsNull() {
    WeftException thrown =
        assertThrows(WeftException.class, () -> strategy(_ -> null).propose(VIEW));
    assertNames(thrown, "propose returned null");
  }

  @Test
  void leavesErrorsOfTheInterfaceAsTheyAre() {
    WeftException error = new WeftException(MembershipErrors.REGISTRY_UNAVAILABLE, "later");
    HashStrategy strategy =
        strategy(
            _ -> {
              throw error;
            });
    assertSame(error, assertThrows(WeftException.class, () -> strategy.propose(VIEW)));
  }

  @Test
  void guardsWhatAPluginReturnsOfItself() {
    FailureDetector detector = calls.guard(FailureDetector.class, new Suspicious(), ORIGIN);
    FailureDetector.Watch watch = detector.watch(0, 1);
    watch.heard(1);
    assertNames(assertThrows(WeftException.class, () -> watch.suspicion(2)), "suspicion threw");
  }

  private static final class Suspicious implements FailureDetector {
    @Override
    public String name() {
      return "suspicious";
    }

    @Override
    public Watch watch(long nowNs, long intervalNs) {
      return new Watch() {
        @Override
        public void heard(long now) {}

        @Override
        public double suspicion(long now) {
          throw new ArithmeticException("/ by zero");
        }
      };
    }
  }

  @Test
  void tellsHowLongACallHasNotReturned() throws InterruptedException {
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch back = new CountDownLatch(1);
    HashStrategy strategy =
        strategy(
            _ -> {
              called.countDown();
              await(back);
              return new int[0];
            });
    Thread caller = Thread.ofPlatform().name("caller").start(() -> strategy.propose(VIEW));
    called.await();
    assertEquals(List.of(), calls.hanging());
    calls.look();
    calls.look();
    assertEquals(
        List.of("HashStrategy " + ORIGIN + ": propose has not returned for 20 s (caller)"),
        calls.hanging());
    back.countDown();
    caller.join();
    assertEquals(List.of(), calls.hanging());
  }

  /** A force that hangs: which file, for how long, and what waits for it. */
  @Test
  void namesTheFileOfALogThatHangsAndWhatWaitsForIt() throws InterruptedException {
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch back = new CountDownLatch(1);
    LogDevice.LogSegment segment =
        calls.guard(LogDevice.LogSegment.class, new HangingSegment(called, back), ORIGIN);
    PlainMetrics metrics = new PlainMetrics();
    calls.countIn(metrics);
    Thread caller = Thread.ofPlatform().name("caller").start(segment::force);
    called.await();
    for (int look = 0; look < PluginCalls.PATIENCE_LOOKS; look++) {
      calls.look();
    }
    assertEquals(
        List.of(
            "LogSegment "
                + ORIGIN
                + ": force of redo/n1.2/segment-7 has not returned for 60 s (caller); commits wait"
                + " for it, and blocks that they have changed cannot leave this node"),
        calls.hanging());
    assertEquals(50, metrics.count("plugins.hanging-seconds"));
    back.countDown();
    caller.join();
    assertEquals(List.of(), calls.hanging());
  }

  /** A segment whose force takes its time. */
  private record HangingSegment(CountDownLatch called, CountDownLatch back)
      implements LogDevice.LogSegment {
    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void write(long position, MemorySegment bytes) {}

    @Override
    public void read(long position, MemorySegment into) {}

    @Override
    public void force() {
      called.countDown();
      await(back);
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
      return "redo/n1.2/segment-7";
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void tellsOfAStoreWhoseReadsDoNotEnd() {
    Silent silent = new Silent();
    BlockStore store = calls.guard(BlockStore.class, silent, ORIGIN);
    BlockStore.ReadCompletion ignored =
        new BlockStore.ReadCompletion() {
          @Override
          public void onRead(long version) {}

          @Override
          public void onReadFailed(WeftException reason) {}
        };
    store.read(1, 1, MemorySegment.NULL, ignored);
    BlockStore.ReadCompletion first = silent.last;
    store.read(1, 2, MemorySegment.NULL, ignored);
    calls.look();
    assertEquals(
        List.of(
            "BlockStore " + ORIGIN + ": none of 2 reads and writes of blocks has ended for 10 s"),
        calls.hanging());
    first.onRead(1);
    calls.look();
    assertEquals(List.of(), calls.hanging());
    silent.last.onRead(1);
    calls.look();
    calls.look();
    assertEquals(List.of(), calls.hanging());
  }

  /** Takes everything and answers nothing. */
  private static final class Silent implements BlockStore {
    private ReadCompletion last;

    @Override
    public BlockLayout layout() {
      return new BlockLayout(4_096);
    }

    @Override
    public void open() {}

    @Override
    public void read(int file, long number, MemorySegment physical, ReadCompletion completion) {
      last = completion;
    }

    @Override
    public void write(
        int file,
        long number,
        long version,
        long fenceToken,
        MemorySegment physical,
        WriteCompletion completion) {}

    @Override
    public void fence(int node, long incarnation) {}

    @Override
    public void force() {}

    @Override
    public void close() {}
  }
}
