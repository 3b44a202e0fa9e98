// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import io.weft.api.WeftException;
import io.weft.plugin.assembly.LonePart;
import io.weft.plugin.assembly.Plan;
import io.weft.spi.store.BlockStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A store with a file of 4,096 blocks, all of which have been written. */
final class StoreProbe implements Probe {
  private static final int FILE = 1;
  private static final int BLOCKS = 4_096;
  private static final long TOKEN = 1;
  private static final int MOST_UNDER_WAY = 64;
  private static final long PATIENCE_SECONDS = 30;
  private static final int PATTERN_DEPTH = 16;

  private final LonePart<BlockStore> lone;
  private final BlockStore store;
  private final MemorySegment memory;
  private final int blockBytes;
  private final long[] versions = new long[BLOCKS];

  /** The outcomes of reads and writes under way, no more than there are pieces of memory. */
  private final BlockingQueue<Outcome> outcomes = new ArrayBlockingQueue<>(2 * MOST_UNDER_WAY);

  private SplittableRandom random = new SplittableRandom(1);

  /** The end of a read or write: the memory that it used, or why it failed. */
  private record Outcome(int slot, Optional<WeftException> failure) {}

  /** Chooses the next block. */
  private interface Order {
    int next();
  }

  /** Opens the store, and writes all blocks. */
  static StoreProbe of(Plan plan) throws TimeoutException, InterruptedException {
    StoreProbe probe = new StoreProbe(plan);
    try {
      probe.store.open();
      int[] block = {0};
      probe.transfers(true, 1, BLOCKS, Long.MAX_VALUE, () -> block[0]++);
      probe.store.force();
      return probe;
    } catch (TimeoutException | RuntimeException e) {
      probe.lone.close();
      throw e;
    }
  }

  private StoreProbe(Plan plan) {
    lone = plan.alone(BlockStore.class);
    store = lone.part();
    blockBytes = store.layout().physicalBytes();
    memory = Arena.global().allocate((long) MOST_UNDER_WAY * blockBytes, blockBytes);
    SplittableRandom content = new SplittableRandom(2);
    for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, at, content.nextLong());
    }
  }

  @Override
  public List<MeasuredValue> measure(String step, long millis, int round)
      throws TimeoutException, InterruptedException {
    random = new SplittableRandom(round);
    String[] words = step.split(":");
    return switch (words[0]) {
      case "read" -> oneByOne(false, "readTime", millis);
      case "write" -> oneByOne(true, "writeTime", millis);
      case "force" -> force(Integer.parseInt(words[1]), words[1], millis);
      case "depth" -> depth(Integer.parseInt(words[1]), words[1], millis);
      case "patterns" -> patterns(millis);
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  private int anyBlock() {
    return random.nextInt(BLOCKS);
  }

  private List<MeasuredValue> oneByOne(boolean writes, String question, long millis)
      throws TimeoutException, InterruptedException {
    Times times = new Times();
    long end = System.nanoTime() + millis * 1_000_000;
    do {
      int block = anyBlock();
      long begin = System.nanoTime();
      start(writes, 0, block);
      take();
      times.add(System.nanoTime() - begin);
    } while (System.nanoTime() - end < 0);
    return times.percentiles(question);
  }

  /** Forces after a number of writes; only the force is timed. */
  private List<MeasuredValue> force(int written, String at, long millis)
      throws TimeoutException, InterruptedException {
    Times times = new Times();
    long end = System.nanoTime() + millis * 1_000_000;
    do {
      transfers(true, 1, written, Long.MAX_VALUE, this::anyBlock);
      long begin = System.nanoTime();
      store.force();
      times.add(System.nanoTime() - begin);
    } while (System.nanoTime() - end < 0);
    return times.median("forceTime", at);
  }

  private List<MeasuredValue> depth(int depth, String at, long millis)
      throws TimeoutException, InterruptedException {
    return List.of(
        rate("readRate", at, false, depth, millis / 2, this::anyBlock),
        rate("writeRate", at, true, depth, millis / 2, this::anyBlock));
  }

  private List<MeasuredValue> patterns(long millis) throws TimeoutException, InterruptedException {
    List<MeasuredValue> readings = new ArrayList<>();
    for (boolean writes : new boolean[] {false, true}) {
      String what = writes ? " writes" : " reads";
      int[] block = {0};
      Order ascending = () -> block[0]++ % BLOCKS;
      readings.add(
          rate("patterns", "sequential" + what, writes, PATTERN_DEPTH, millis / 4, ascending));
      readings.add(
          rate("patterns", "random" + what, writes, PATTERN_DEPTH, millis / 4, this::anyBlock));
    }
    return readings;
  }

  /** Million bytes a second. */
  private MeasuredValue rate(
      String question, String at, boolean writes, int depth, long millis, Order order)
      throws TimeoutException, InterruptedException {
    long begin = System.nanoTime();
    int count =
        transfers(writes, depth, Integer.MAX_VALUE, begin + Math.max(1, millis) * 1_000_000, order);
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new MeasuredValue(question, at, count * (double) blockBytes / 1e6 / seconds, count);
  }

  /**
   * Reads or writes blocks, {@code depth} at a time.
   *
   * @param end moment after which none begins, or {@code Long.MAX_VALUE}
   * @return how many
   */
  private int transfers(boolean writes, int depth, int most, long end, Order order)
      throws TimeoutException, InterruptedException {
    int begun = 0;
    int ended = 0;
    for (int slot = 0; slot < depth && begun < most; slot++) {
      start(writes, slot, order.next());
      begun++;
    }
    while (ended < begun) {
      int slot = take();
      ended++;
      if (begun < most && (end == Long.MAX_VALUE || System.nanoTime() - end < 0)) {
        start(writes, slot, order.next());
        begun++;
      }
    }
    return ended;
  }

  private void start(boolean writes, int slot, int block) {
    MemorySegment physical = memory.asSlice((long) slot * blockBytes, blockBytes);
    if (writes) {
      store.write(FILE, block, ++versions[block], TOKEN, physical, new Writing(slot));
    } else {
      store.read(FILE, block, physical, new Ended(slot));
    }
  }

  private int take() throws TimeoutException, InterruptedException {
    Outcome outcome = outcomes.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (outcome == null) {
      throw new TimeoutException("a read or write has not ended in " + PATIENCE_SECONDS + " s");
    }
    if (outcome.failure.isPresent()) {
      throw outcome.failure.get();
    }
    return outcome.slot;
  }

  private final class Ended implements BlockStore.ReadCompletion {
    private final int slot;

    Ended(int slot) {
      this.slot = slot;
    }

    @Override
    public void onRead(long version) {
      outcomes.add(new Outcome(slot, Optional.empty()));
    }

    @Override
    public void onReadFailed(WeftException reason) {
      outcomes.add(new Outcome(slot, Optional.of(reason)));
    }
  }

  private final class Writing implements BlockStore.WriteCompletion {
    private final int slot;

    Writing(int slot) {
      this.slot = slot;
    }

    @Override
    public void onWritten() {
      outcomes.add(new Outcome(slot, Optional.empty()));
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      outcomes.add(new Outcome(slot, Optional.of(reason)));
    }
  }

  @Override
  public void close() {
    lone.close();
  }
}
