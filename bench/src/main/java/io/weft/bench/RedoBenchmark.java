// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.log.file.FileLogDevice;
import io.weft.plugin.log.file.FileLogDeviceSettings;
import io.weft.plugin.metrics.hdr.HdrMetrics;
import io.weft.plugin.runtime.jvm.JvmNodeRuntime;
import io.weft.plugin.runtime.jvm.JvmRuntimeSettings;
import io.weft.recovery.redo.FileRedoLog;
import io.weft.recovery.redo.FileRedoLogSettings;
import io.weft.recovery.redo.ImageCompression;
import io.weft.recovery.redo.LogScanner;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.redo.LogId;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The cost of redo: a record of {@value #RECORD_BYTES} bytes, a change of 8 bytes in one block, is
 * appended, made durable by one committer and by many, and read back. The reference of each
 * measurement, in alternation, is the device or a bare loop with the same bytes.
 *
 * <p>Long because each measurement is read together with its reference loop, and all of them share
 * one log and one record.
 */
final class RedoBenchmark {
  /** Size of the record. */
  static final int RECORD_BYTES = 64;

  /** Records per batch. */
  private static final int BATCH = 1_000;

  /** Batches per measurement. */
  private static final int BATCHES = 20_000;

  /** Segments of a sustained measurement. */
  private static final int SUSTAINED_SEGMENTS = 6;

  /** Single appends measured. */
  private static final int SINGLES = 2_000_000;

  /** Commits of one client per round. */
  private static final int COMMITS = 400;

  /** Rounds of each comparison. */
  private static final int ROUNDS = 7;

  /** Concurrent clients of a group commit. */
  private static final int CLIENTS = 64;

  /** Duration of a round of group commits. */
  private static final long GROUP_NS = TimeUnit.MILLISECONDS.toNanos(700);

  /** Size of a segment: 64 MiB. */
  private static final int SEGMENT = 64 << 20;

  /** Released segments kept for reuse. */
  private static final int SEGMENTS_KEPT = 4;

  /** Size of a segment header. */
  private static final int HEADER = 4096;

  /** Longest write of the reference loops. */
  private static final int CHUNK = 1 << 20;

  /** Goal of appends per second. */
  private static final double RECORDS_A_SECOND = 30e6;

  /** Goal of the 99th percentile of a single append, in nanoseconds. */
  private static final double SINGLE_NS = 1_000;

  /** Goal of a commit, as a multiple of a force. */
  private static final double OF_FSYNC = 1.3;

  /** Goal of group commits, as a share of the reference loop. */
  private static final double OF_GROUP = 0.6;

  /** Goal of a scan, as a share of the reference loop. */
  private static final double OF_WALK = 0.5;

  private final Path directory;
  private final List<Figure> figures = new ArrayList<>();
  private int incarnation;

  private RedoBenchmark(Path directory) {
    this.directory = directory;
  }

  static List<Figure> run() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("weft-redo");
    try {
      RedoBenchmark benchmark = new RedoBenchmark(directory);
      benchmark.appends();
      benchmark.sustainedAppends();
      benchmark.commitsOfOne();
      benchmark.commitsOfMany();
      benchmark.scans();
      return benchmark.figures;
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  // ---- the log

  private FileLogDevice device() {
    FileLogDevice device =
        new FileLogDevice(new FileLogDeviceSettings(directory.toString(), SEGMENTS_KEPT));
    device.open();
    return device;
  }

  /** A log of a new incarnation, which flushes only for waiting committers. */
  private FileRedoLog log(JvmNodeRuntime runtime, FileLogDevice device) {
    Member member = new Member(new NodeId(1), "localhost", 1);
    FileRedoLog log =
        new FileRedoLog(
            new FileRedoLogSettings(
                new ByteSize(SEGMENT),
                new ByteSize(16 << 20),
                Duration.ofHours(1),
                0,
                Duration.ZERO,
                Duration.ofNanos(20_000),
                ImageCompression.NONE),
            new NodeSettings(
                "bench", member.id(), ++incarnation, List.of(member), 8 << 10, Map.of()),
            reason -> {
              throw reason;
            },
            Views.fixed(new View(new Epoch(1), List.of(member))),
            runtime,
            device,
            new HdrMetrics());
    log.open();
    return log;
  }

  private static JvmNodeRuntime runtime() {
    return new JvmNodeRuntime(
        JvmRuntimeSettings.DEFAULTS,
        reason -> {
          throw reason;
        });
  }

  /** A change of 8 bytes, of a block that never needs a further full image. */
  private static final class EightBytes extends OneRangeRecord {
    EightBytes() {
      super(Long.BYTES);
      content = MemorySegment.ofBuffer(ByteBuffer.allocateDirect((8 << 10) - 32));
      offset = 128;
    }

    EightBytes next() {
      version++;
      number = version & 1023;
      return this;
    }

    @Override
    public long lastImageLsn(int index) {
      return Long.MAX_VALUE;
    }
  }

  // ---- appending

  private void appends() {
    System.err.println("  appends, not forced");
    JvmNodeRuntime runtime = runtime();
    FileRedoLog log = log(runtime, device());
    EightBytes record = new EightBytes();
    long[] batches = new long[BATCHES];
    for (int round = 0; round < 2; round++) { // the first round creates segments and warms up
      for (int i = 0; i < BATCHES; i++) {
        long start = System.nanoTime();
        appendBatch(log, record);
        batches[i] = System.nanoTime() - start;
        giveBack(log);
      }
    }
    long[] singles = new long[SINGLES];
    for (int i = 0; i < SINGLES; i++) {
      long start = System.nanoTime();
      log.append(record.next());
      singles[i] = System.nanoTime() - start;
    }
    log.close();
    runtime.close();
    add(
        Figure.of(
                "redoAppendMillions",
                "redo append of 64 B, batches, not forced, p50",
                BATCH * 1e3 / percentile(batches, 50),
                "M/s")
            .atLeast(RECORDS_A_SECOND / 1e6));
    add(
        Figure.of("redoAppendP99Ns", "redo append of 64 B, one, p99", percentile(singles, 99), "ns")
            .atMost(SINGLE_NS));
  }

  /**
   * Appends several segments without a pause, so that the device is the limit. The reference is a
   * loop that writes as many bytes to files of the same size, and forces each when it is full.
   */
  private void sustainedAppends() throws IOException {
    System.err.println("  appends over " + SUSTAINED_SEGMENTS + " segments, not forced");
    JvmNodeRuntime runtime = runtime();
    FileRedoLog log = log(runtime, device());
    EightBytes record = new EightBytes();
    List<Double> ours = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    int batches = SUSTAINED_SEGMENTS * (SEGMENT / (BATCH * RECORD_BYTES));
    try (FileChannel one = preallocated("even");
        FileChannel other = preallocated("odd")) {
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < batches; i++) {
          appendBatch(log, record);
          giveBack(log);
        }
        long middle = System.nanoTime();
        for (int i = 0; i < SUSTAINED_SEGMENTS; i++) {
          writeAndForce(i % 2 == 0 ? one : other);
        }
        double mine = (double) batches * BATCH * 1e3 / (middle - start);
        double records = (double) SUSTAINED_SEGMENTS * SEGMENT / RECORD_BYTES;
        double theirs = records * 1e3 / (System.nanoTime() - middle);
        if (round > 0) { // the first makes segments
          ours.add(mine);
          bare.add(theirs);
          ratios.add(mine / theirs);
        }
      }
    }
    log.close();
    runtime.close();
    add(
        Figure.of(
            "redoAppendSustainedMillions",
            "  the same over " + SUSTAINED_SEGMENTS + " segments, written to the device",
            median(ours),
            "M/s"));
    add(
        Figure.of(
            "bareWriteMillions",
            "  reference: bare loop, as many bytes, forced once a segment",
            median(bare),
            "M/s"));
    add(Figure.of("redoSustainedOfBare", "  sustained : bare loop", median(ratios), "x"));
  }

  private static void appendBatch(FileRedoLog log, EightBytes record) {
    for (int i = 0; i < BATCH; i++) {
      log.append(record.next());
    }
  }

  /** Takes a checkpoint, so that segments are reused. */
  private static void giveBack(FileRedoLog log) {
    if (log.bytesSinceCheckpoint() > 2L * SEGMENT) {
      log.endCheckpoint(log.beginCheckpoint());
    }
  }

  private static void writeAndForce(FileChannel file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK);
    for (long at = 0; at < SEGMENT; ) {
      at += file.write(bytes.clear(), at);
    }
    file.force(false);
  }

  // ---- durable commits

  private void commitsOfOne() throws IOException {
    System.err.println("  durable commits of one client");
    JvmNodeRuntime runtime = runtime();
    FileRedoLog log = log(runtime, device());
    EightBytes record = new EightBytes();
    List<Double> commits = new ArrayList<>();
    List<Double> forces = new ArrayList<>();
    try (FileChannel file = preallocated("bare")) {
      ByteBuffer bytes = ByteBuffer.allocateDirect(RECORD_BYTES);
      long at = HEADER;
      for (int round = 0; round < 2 * ROUNDS; round++) {
        long[] commit = new long[COMMITS];
        long[] force = new long[COMMITS];
        for (int i = 0; i < COMMITS; i++) {
          long start = System.nanoTime();
          log.flush(log.append(record.next()));
          long middle = System.nanoTime();
          at += file.write(bytes.clear(), at);
          file.force(false);
          commit[i] = middle - start;
          force[i] = System.nanoTime() - middle;
        }
        if (round > 0) {
          commits.add(percentile(commit, 50));
          forces.add(percentile(force, 50));
        }
      }
    }
    log.close();
    runtime.close();
    double commit = median(commits);
    double force = median(forces);
    add(Figure.of("redoCommitUs", "durable commit of 64 B, 1 client, p50", commit / 1e3, "us"));
    add(Figure.of("fsyncUs", "  reference: write + force of 64 B", force / 1e3, "us"));
    add(Figure.of("redoCommitOfFsync", "  commit : force", commit / force, "x").atMost(OF_FSYNC));
  }

  private void commitsOfMany() throws IOException, InterruptedException {
    System.err.println("  durable commits of " + CLIENTS + " clients");
    JvmNodeRuntime runtime = runtime();
    FileRedoLog log = log(runtime, device());
    List<Double> ours = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    try (FileChannel file = preallocated("group")) {
      for (int round = 0; round < ROUNDS; round++) {
        double mine = clients(new RedoCommits(log));
        double theirs = bareGroup(file);
        if (round > 0) {
          ours.add(mine);
          bare.add(theirs);
          ratios.add(mine / theirs);
        }
      }
    }
    log.close();
    runtime.close();
    add(
        Figure.of(
            "redoGroupThousands",
            "durable commits of 64 B, 64 clients",
            median(ours) / 1e3,
            "k/s"));
    add(
        Figure.of(
            "bareGroupThousands",
            "  reference: bare group-commit loop",
            median(bare) / 1e3,
            "k/s"));
    add(
        Figure.of("redoGroupOfBare", "  commits : bare loop", median(ratios), "x")
            .atLeast(OF_GROUP));
  }

  /** Makes one change durable, on the calling client's thread. */
  @FunctionalInterface
  private interface Commits {
    void commit(EightBytes record);
  }

  /** Commits like the cache with SYNC. */
  private record RedoCommits(FileRedoLog log) implements Commits {
    @Override
    public void commit(EightBytes record) {
      long lsn = log.append(record.next());
      if (!log.flush(lsn)) {
        Thread me = Thread.currentThread();
        AtomicBoolean durable = new AtomicBoolean();
        log.whenDurable(
            lsn,
            () -> {
              durable.set(true);
              LockSupport.unpark(me);
            });
        while (!durable.get()) {
          LockSupport.park();
        }
      }
    }
  }

  /** Commits per second of all clients together. */
  private static double clients(Commits commits) throws InterruptedException {
    AtomicLong count = new AtomicLong();
    long begin = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    EightBytes record = new EightBytes();
                    long done = 0;
                    while (System.nanoTime() - begin < GROUP_NS) {
                      commits.commit(record);
                      done++;
                    }
                    count.addAndGet(done);
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return count.get() * 1e9 / (System.nanoTime() - begin);
  }

  /**
   * The reference: a thread that only writes the gathered bytes, forces, and wakes the waiting
   * clients.
   */
  private static double bareGroup(FileChannel file) throws InterruptedException {
    record Waiting(Thread thread, AtomicBoolean done) {}
    Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    AtomicBoolean over = new AtomicBoolean();
    Thread flusher =
        Thread.ofPlatform()
            .start(
                () -> {
                  ByteBuffer bytes = ByteBuffer.allocateDirect(CLIENTS * RECORD_BYTES);
                  List<Waiting> batch = new ArrayList<>();
                  long at = 0;
                  try {
                    while (!over.get()) {
                      for (Waiting one; batch.size() < CLIENTS && (one = queue.poll()) != null; ) {
                        batch.add(one);
                      }
                      if (batch.isEmpty()) {
                        Thread.onSpinWait();
                        continue;
                      }
                      bytes.clear().limit(batch.size() * RECORD_BYTES);
                      at = (at + file.write(bytes, at)) % (SEGMENT / 2);
                      file.force(false);
                      for (Waiting one : batch) {
                        one.done.set(true);
                        LockSupport.unpark(one.thread);
                      }
                      batch.clear();
                    }
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    double rate =
        clients(
            _ -> {
              Waiting me = new Waiting(Thread.currentThread(), new AtomicBoolean());
              queue.add(me);
              while (!me.done.get()) {
                LockSupport.park();
              }
            });
    over.set(true);
    flusher.join();
    return rate;
  }

  // ---- reading

  private void scans() throws IOException {
    System.err.println("  scans");
    JvmNodeRuntime runtime = runtime();
    FileLogDevice device = device();
    FileRedoLog log = log(runtime, device);
    EightBytes record = new EightBytes();
    long end = 0;
    while (end < 3L * SEGMENT) {
      end = log.append(record.next());
    }
    log.close();
    runtime.close();
    LogId id = new LogId(1, incarnation);
    List<Double> ratios = new ArrayList<>();
    List<Double> rates = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      long bytes = LogScanner.scan(device, id, _ -> {}).bytes();
      long middle = System.nanoTime();
      long walked = walk(id, device.segments(id));
      long stop = System.nanoTime();
      if (walked < bytes * 9 / 10 || walked > bytes) {
        throw new IllegalStateException("walked " + walked + " of " + bytes + " bytes");
      }
      if (round > 1) {
        double scan = (double) bytes / (middle - start);
        rates.add(scan);
        ratios.add(scan / ((double) walked / (stop - middle)));
      }
    }
    add(Figure.of("redoScanGigabytes", "scan of redo, records of 64 B", median(rates), "GB/s"));
    add(
        Figure.of("redoScanOfWalk", "  scan : bare walk with CRC-32C", median(ratios), "x")
            .atLeast(OF_WALK));
  }

  /** Follows the lengths of the records and checksums each; returns their bytes. */
  private long walk(LogId log, List<Long> segments) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    long bytes = 0;
    long sum = 0;
    for (long segment : segments) {
      Path path =
          directory
              .resolve("redo")
              .resolve(log.toString())
              .resolve(String.format(Locale.ROOT, "segment-%010d", segment));
      try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
        long at = HEADER;
        boolean over = false;
        while (!over && at < file.size()) {
          chunk.clear();
          file.read(chunk, at);
          int limit = chunk.position();
          int offset = 0;
          while (true) {
            int length = offset + RECORD_BYTES <= limit ? chunk.getInt(offset + 4) : -1;
            if (length <= 0 || offset + length > limit) {
              over = length == 0 || offset == 0;
              break;
            }
            crc.reset();
            crc.update(chunk.limit(offset + length).position(offset + 4));
            chunk.limit(limit);
            sum += crc.getValue();
            bytes += length;
            offset += length;
          }
          at += offset;
        }
      }
    }
    if (sum == 0) {
      throw new IllegalStateException("no checksums");
    }
    return bytes;
  }

  // ---- helpers

  private FileChannel preallocated(String name) throws IOException {
    FileChannel file =
        FileChannel.open(
            directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK);
    for (long at = 0; at < SEGMENT; ) {
      at += file.write(zeros.clear(), at);
    }
    file.force(true);
    return file;
  }

  private static double percentile(long[] samples, int percent) {
    long[] sorted = samples.clone();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  private static double median(List<Double> samples) {
    List<Double> sorted = samples.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private void add(Figure figure) {
    figures.add(figure);
  }
}
