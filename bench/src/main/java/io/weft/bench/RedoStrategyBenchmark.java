// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.BlockId;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.redo.ondemand.OnDemandRedoStrategy;
import io.weft.plugin.redo.ondemand.OnDemandSettings;
import io.weft.plugin.redo.parallel.ParallelRedoStrategy;
import io.weft.plugin.redo.parallel.ParallelSettings;
import io.weft.plugin.redo.serial.SerialRedoStrategy;
import io.weft.recovery.redo.ImageCompression;
import io.weft.recovery.redo.LogShape;
import io.weft.recovery.redo.RedoLogCore;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.recovery.RecoveryRedo;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.recovery.RedoStrategy.RedoWork;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.LogId;
import io.weft.spi.view.Views;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The speed-up of recovery with several blocks in parallel. Measured is the part that needs
 * processors: finding a block's redo, verifying it, and applying it. The log is written by the
 * engine's redo log; log and blocks are in memory.
 *
 * <p>The strategies alternate. The serial strategy gets one thread, so that it need not wake
 * another one for each block. The others get one per processor, at most two.
 */
final class RedoStrategyBenchmark {
  /** Blocks to recover. */
  private static final int BLOCKS = 4_096;

  private static final int CHANGES = 64; // of each block, after its full image
  private static final int BLOCK_BYTES = 8 << 10;

  /** Bytes of a change. */
  private static final int CHANGED_BYTES = 64;

  /** Rounds before the measurement. */
  private static final int WARM_UP_ROUNDS = 6;

  /** Rounds measured. */
  private static final int ROUNDS = 25;

  /** Most threads of a strategy. */
  private static final int THREADS = 2;

  private static final int SEGMENT_BYTES = 16 << 20;

  /** Records between two flushes. */
  private static final int FLUSH_EVERY = 256;

  private static final LogId LOG = new LogId(1, 1);

  /** Goal of the speed-up with two threads. */
  private static final double GOAL = 1.7;

  private final MemoryLogDevice device = new MemoryLogDevice();
  private final List<BlockId> blocks =
      IntStream.range(0, BLOCKS).mapToObj(number -> new BlockId(1, number)).toList();
  private final MemorySegment contents =
      Arena.ofAuto().allocate((long) BLOCKS * BLOCK_BYTES, BLOCK_BYTES);

  private RedoStrategyBenchmark() {}

  /** Measures. */
  static List<Figure> run() throws InterruptedException {
    return new RedoStrategyBenchmark().measure();
  }

  private List<Figure> measure() throws InterruptedException {
    MemorySegment expected = writeLog();
    long[][] times = new long[3][ROUNDS];
    long[][] bare = new long[2][ROUNDS];
    try (SealedLogs logs = new SealedLogs(device);
        ExecutorService one = Executors.newFixedThreadPool(1);
        ExecutorService several = Executors.newFixedThreadPool(THREADS)) {
      RecoveryRedo redo = logs.refresh();
      RedoStrategy[] strategies = {
        new SerialRedoStrategy(),
        new ParallelRedoStrategy(ParallelSettings.DEFAULTS),
        new OnDemandRedoStrategy(OnDemandSettings.DEFAULTS)
      };
      for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
        for (int i = 0; i < strategies.length; i++) {
          long time = recoverAll(strategies[i], redo, i == 0 ? one : several);
          if (round >= 0) {
            times[i][round] = time;
          }
        }
        for (int i = 0; i < bare.length; i++) {
          long time = applyAll(redo, i == 0 ? 1 : THREADS);
          if (round >= 0) {
            bare[i][round] = time;
          }
        }
      }
    }
    if (contents.mismatch(expected) >= 0) {
      throw new IllegalStateException("the recovered blocks differ from the written ones");
    }
    double serial = median(Arrays.stream(times[0]).asDoubleStream());
    return List.of(
        Figure.of("redoSerialUs", "redo of a block, serial", micros(serial), "us"),
        Figure.of("redoParallelScaling", "parallel redo, 2 threads", ratio(times, 1), "x")
            .atLeast(GOAL),
        Figure.of("redoOnDemandScaling", "redo on demand, 2 threads", ratio(times, 2), "x"),
        Figure.of("redoBareScaling", "  reference: 2 bare threads, half each", ratio(bare, 1), "x"),
        Figure.of(
            "redoSerialOfBare",
            "  serial : one bare thread",
            median(IntStream.range(0, ROUNDS).mapToDouble(i -> (double) times[0][i] / bare[0][i])),
            "x"));
  }

  /** The median over the rounds of the serial strategy's time divided by this one's. */
  private static double ratio(long[][] times, int strategy) {
    return median(
        IntStream.range(0, ROUNDS).mapToDouble(i -> (double) times[0][i] / times[strategy][i]));
  }

  /** Nanoseconds from the start of the run to the end of the last block. */
  private long recoverAll(RedoStrategy strategy, RecoveryRedo redo, ExecutorService threads)
      throws InterruptedException {
    contents.fill((byte) 0);
    CountDownLatch left = new CountDownLatch(BLOCKS);
    RedoWork work =
        new RedoWork() {
          @Override
          public List<BlockId> blocks() {
            return blocks;
          }

          @Override
          public void recover(BlockId block, Runnable done) {
            threads.execute(
                () -> {
                  redo.apply(block.file(), block.number(), content(block.number()), 0);
                  left.countDown();
                  done.run();
                });
          }

          @Override
          public int waiting(BlockId block) {
            return 0;
          }
        };
    long begin = System.nanoTime();
    strategy.start(work);
    left.await();
    return System.nanoTime() - begin;
  }

  /** The reference without a strategy: each thread has a fixed part of the blocks. */
  private long applyAll(RecoveryRedo redo, int threads) throws InterruptedException {
    contents.fill((byte) 0);
    List<Thread> running = new ArrayList<>();
    CountDownLatch ready = new CountDownLatch(threads);
    CountDownLatch go = new CountDownLatch(1);
    for (int thread = 0; thread < threads; thread++) {
      int part = thread;
      running.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    ready.countDown();
                    awaitUninterruptibly(go);
                    for (int i = part; i < BLOCKS; i += threads) {
                      BlockId block = blocks.get(i);
                      redo.apply(block.file(), block.number(), content(block.number()), 0);
                    }
                  }));
    }
    ready.await();
    long begin = System.nanoTime();
    go.countDown();
    for (Thread thread : running) {
      thread.join();
    }
    return System.nanoTime() - begin;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private MemorySegment content(long number) {
    return contents.asSlice(number * BLOCK_BYTES, BLOCK_BYTES);
  }

  /** Logs an image and the changes of each block, in alternation; returns the resulting blocks. */
  private MemorySegment writeLog() {
    Views views =
        Views.fixed(new View(new Epoch(1), List.of(new Member(new NodeId(1), "localhost", 1))));
    RedoLogCore log =
        new RedoLogCore(
            device,
            LOG,
            "bench",
            views,
            () -> 0,
            () -> 0,
            LogShape.of(SEGMENT_BYTES, SEGMENT_BYTES, ImageCompression.NONE),
            reason -> {
              throw reason;
            });
    log.open();
    MemorySegment written = Arena.ofAuto().allocate(contents.byteSize(), BLOCK_BYTES);
    SplittableRandom random = new SplittableRandom(1);
    written.asByteBuffer().put(randomBytes(random));
    Change change = new Change();
    for (int version = 1; version <= 1 + CHANGES; version++) {
      for (int number = 0; number < BLOCKS; number++) {
        MemorySegment content = written.asSlice((long) number * BLOCK_BYTES, BLOCK_BYTES);
        int offset = random.nextInt(BLOCK_BYTES - CHANGED_BYTES);
        content.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, random.nextLong());
        change.of(number, version, content, offset);
        log.append(change);
        if (number % FLUSH_EVERY == 0) {
          log.flush();
        }
      }
    }
    log.flush();
    device.seal(LOG);
    return written;
  }

  private static byte[] randomBytes(SplittableRandom random) {
    byte[] bytes = new byte[BLOCKS * BLOCK_BYTES];
    random.nextBytes(bytes);
    return bytes;
  }

  private static double micros(double nanos) {
    return nanos / BLOCKS / TimeUnit.MICROSECONDS.toNanos(1);
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** One range of one block; the first version is logged as an image. */
  private static final class Change extends OneRangeRecord {
    Change() {
      super(CHANGED_BYTES);
    }

    void of(long newNumber, long newVersion, MemorySegment newContent, int newOffset) {
      number = newNumber;
      version = newVersion;
      content = newContent;
      offset = newOffset;
    }

    @Override
    public long lastImageLsn(int index) {
      return version == 1 ? 0 : Long.MAX_VALUE;
    }
  }

  /** One log, in memory. Segments are never released. */
  private static final class MemoryLogDevice implements LogDevice {
    private final Map<Long, MemorySegment> segments = new ConcurrentSkipListMap<>();
    private volatile boolean sealed;

    @Override
    public String name() {
      return "memory";
    }

    @Override
    public void open() {}

    @Override
    public List<LogId> logs() {
      return List.of(LOG);
    }

    @Override
    public List<Long> segments(LogId log) {
      return new ArrayList<>(segments.keySet());
    }

    @Override
    public LogSegment create(LogId log, long segment, long bytes) {
      segments.put(segment, Arena.ofAuto().allocate(bytes));
      return open(log, segment);
    }

    @Override
    public LogSegment open(LogId log, long segment) {
      return new MemoryLogSegment(segments.get(segment));
    }

    @Override
    public void release(LogId log, long segment) {}

    @Override
    public void delete(LogId log) {}

    @Override
    public void seal(LogId log) {
      sealed = true;
    }

    @Override
    public boolean isSealed(LogId log) {
      return sealed;
    }

    @Override
    public void close() {}
  }

  private record MemoryLogSegment(MemorySegment memory) implements LogDevice.LogSegment {
    @Override
    public long bytes() {
      return memory.byteSize();
    }

    @Override
    public void write(long position, MemorySegment bytes) {
      MemorySegment.copy(bytes, 0, memory, position, bytes.byteSize());
    }

    @Override
    public void read(long position, MemorySegment into) {
      MemorySegment.copy(memory, position, into, 0, into.byteSize());
    }

    @Override
    public void force() {}

    @Override
    public void close() {}
  }
}
