// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.cachefusion.protocol.CacheEntry;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.Directory;
import io.weft.cachefusion.protocol.Effects;
import io.weft.cachefusion.protocol.MoveMessage;
import io.weft.cachefusion.spec.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * What a master's directory costs, by the number of blocks that it knows: memory for each block,
 * time of a look-up and of a transaction at the master, and the longest pause of the collector. One
 * shard; the messages go nowhere. Beside it, up to a million blocks, a map of objects with the
 * fields that an active entry has.
 */
final class DirectoryBenchmark {
  private static final int[] SIZES = {10_000, 1_000_000, 10_000_000};

  /** Most blocks of the map of objects, so that it fits into the same heap. */
  private static final int MOST_OBJECTS = 1_000_000;

  /** Goal of the memory for each block, in bytes. */
  private static final double MOST_BYTES = 64;

  private static final int BATCH = 1_000;
  private static final int BATCHES = 300;
  private static final int FILES = 8;

  private DirectoryBenchmark() {}

  static List<Figure> run() {
    List<Figure> figures = new ArrayList<>();
    Pauses pauses = new Pauses();
    for (int size : SIZES) {
      measure(size, pauses, figures);
    }
    return figures;
  }

  private static void measure(int size, Pauses pauses, List<Figure> figures) {
    System.err.printf(Locale.ROOT, "  %,d blocks%n", size);
    String of = name(size);
    int[] order = new SplittableRandom(size).ints(BATCHES * BATCH, 0, size).toArray();
    double objectBytes = size <= MOST_OBJECTS ? objectBytes(size) : Double.NaN;
    long before = usedBytes();
    pauses.reset();
    Master master = new Master();
    for (int i = 0; i < size; i++) {
      master.transaction(block(i), 1 + i % 3);
    }
    double pauseMs = pauses.longestMs();
    double bytes = (double) (usedBytes() - before) / size;
    double lookUpNs = median(order, i -> master.directory.inspect(block(i)));
    double transactionNs = median(order, i -> master.transaction(block(i), 1 + i % 3));
    Figure each = Figure.of("directoryBytes" + of, "directory of " + of + ": a block", bytes, "B");
    figures.add(size < MOST_OBJECTS ? each : each.atMost(MOST_BYTES));
    figures.add(Figure.of("directoryLookUpNs" + of, "  look-up, p50", lookUpNs, "ns"));
    figures.add(
        Figure.of("directoryTransactionNs" + of, "  request + done, p50", transactionNs, "ns"));
    figures.add(
        Figure.of("directoryPauseMs" + of, "  longest pause while it fills", pauseMs, "ms"));
    if (!Double.isNaN(objectBytes)) {
      figures.add(
          Figure.of("directoryObjectBytes" + of, "  as a map of objects", objectBytes, "B"));
      figures.add(
          Figure.of("directoryBytesRatio" + of, "  objects : records", objectBytes / bytes, "x"));
    }
    if (master.directory.room().taken() != size) {
      throw new IllegalStateException("knows " + master.directory.room().taken() + " blocks");
    }
  }

  private static String name(int size) {
    return size >= 1_000_000 ? size / 1_000_000 + "M" : size / 1_000 + "k";
  }

  /** Extents of 64 neighbours in several files. */
  private static BlockId block(int i) {
    int extent = i >>> 6;
    return new BlockId(extent % FILES, (long) (extent / FILES) << 6 | i & 63);
  }

  /** Something done with the block of a number. */
  private interface Operation {
    void run(int block);
  }

  private static double median(int[] order, Operation operation) {
    double[] batches = new double[BATCHES];
    for (int round = 0; round < 2; round++) { // the first one warms up
      for (int batch = 0; batch < BATCHES; batch++) {
        long start = System.nanoTime();
        for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
          operation.run(order[i]);
        }
        batches[batch] = (double) (System.nanoTime() - start) / BATCH;
      }
    }
    Arrays.sort(batches);
    return batches[BATCHES / 2];
  }

  private static long usedBytes() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  // ---- the objects ---------------------------------------------------------------------------

  /** The fields of an entry as an object, as the directory had one for each block. */
  @SuppressWarnings("unused") // only their memory counts
  private static final class ObjectEntry {
    private static final Queue<Object> EMPTY = new ArrayDeque<>(0);

    private final BlockId block;
    private int bucket;
    private Object state;
    private int owner;
    private long sharers;
    private Object moreSharers;
    private Object transaction;
    private int stamp;
    private Object parkedReleases;
    private Queue<Object> queue = EMPTY;
    private long pastVersion;
    private int pastKeeper;
    private long sharedVersion;
    private boolean quarantined;
    private long lookAgainNs;
    private boolean lookWanted;
    private long atLeast;

    ObjectEntry(BlockId block) {
      this.block = block;
    }
  }

  private static double objectBytes(int size) {
    long before = usedBytes();
    Map<BlockId, ObjectEntry> entries = new HashMap<>();
    for (int i = 0; i < size; i++) {
      BlockId block = block(i);
      entries.put(block, new ObjectEntry(block));
    }
    double bytes = (double) (usedBytes() - before) / size;
    if (entries.size() != size) {
      throw new IllegalStateException("knows " + entries.size() + " blocks");
    }
    return bytes;
  }

  // ---- the master ----------------------------------------------------------------------------

  /** A directory and the node that its messages would reach: it answers at once. */
  private static final class Master implements Effects {
    private final Directory directory =
        new Directory(0, 1, Integer.MAX_VALUE, Rules.STANDARD, this);
    private int stamp;

    void transaction(BlockId block, int from) {
      directory.recvRequest(
          from, new CacheFusionMessage.Request(block, Access.EXCLUSIVE, false, 0));
      directory.recvDone(from, new CacheFusionMessage.Done(block, stamp, false));
    }

    @Override
    public void send(int to, CacheFusionMessage message) {
      switch (message) {
        case CacheFusionMessage.Grant grant -> stamp = grant.stamp();
        case CacheFusionMessage.Forward forward -> stamp = forward.stamp();
        default -> throw new IllegalStateException("unexpected " + message);
      }
    }

    @Override
    public void requested(BlockId block, int from, boolean exclusive) {}

    @Override
    public long nowNs() {
      return 0;
    }

    @Override
    public long durableLsn() {
      return 0;
    }

    @Override
    public int master(CacheEntry entry) {
      return 0;
    }

    @Override
    public void send(int to, MoveMessage message) {
      throw unexpected();
    }

    @Override
    public void moved(int bucket, int master, int number) {
      throw unexpected();
    }

    @Override
    public void broadcast(MoveMessage message) {
      throw unexpected();
    }

    @Override
    public void touched(BlockId block, int waiting) {
      throw unexpected();
    }

    @Override
    public void recoverAgain(BlockId block) {
      throw unexpected();
    }

    @Override
    public void ship(int to, CacheFusionMessage.Data message, int frame) {
      throw unexpected();
    }

    @Override
    public void broadcast(CacheFusionMessage message) {
      throw unexpected();
    }

    @Override
    public void read(CacheEntry entry) {
      throw unexpected();
    }

    @Override
    public void write(CacheEntry entry, MemorySegment copy, long version) {
      throw unexpected();
    }

    @Override
    public void force(CacheEntry entry, long version) {
      throw unexpected();
    }

    @Override
    public boolean writePast(int master, CacheEntry entry, long version) {
      throw unexpected();
    }

    @Override
    public void savePast(CacheEntry entry, long version) {
      throw unexpected();
    }

    @Override
    public void dropSaved(BlockId block, long version) {
      throw unexpected();
    }

    @Override
    public void whenDurable(long lsn, CacheEntry entry) {
      throw unexpected();
    }

    private static IllegalStateException unexpected() {
      return new IllegalStateException("a directory does not do that");
    }
  }

  // ---- the collector -------------------------------------------------------------------------

  /** The longest pause since the last reset, by the notifications of the collectors. */
  private static final class Pauses {
    /** Cause of the collections by which this benchmark measures memory. */
    private static final String OWN_CALLS = "System.gc()";

    private final AtomicLong longestMs = new AtomicLong();

    Pauses() {
      for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
        if (bean instanceof NotificationEmitter emitter && !bean.getName().contains("Concurrent")) {
          emitter.addNotificationListener(
              (notification, _) -> {
                if (notification.getUserData() instanceof CompositeData data) {
                  var info = GarbageCollectionNotificationInfo.from(data);
                  if (!info.getGcCause().equals(OWN_CALLS)) {
                    longestMs.accumulateAndGet(info.getGcInfo().getDuration(), Math::max);
                  }
                }
              },
              null,
              null);
        }
      }
    }

    void reset() {
      longestMs.set(0);
    }

    double longestMs() {
      return longestMs.get();
    }
  }
}
