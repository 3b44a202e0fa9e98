// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What a planned leave and a join cost, the leaving node and the others. One of three node
 * processes changes many blocks, leaves, and joins again, several times.
 *
 * <p>The other two change the same 64 blocks in turns all the time, so most of their changes are
 * requests to a master and to the other node. A leave has to write all changed blocks first; beside
 * it a loop writes and forces as many bytes.
 */
final class PlannedBenchmark {
  /** Leaves and joins. */
  private static final int ROUNDS = 5;

  /** Changed blocks unless the caller names another number. */
  static final int CHANGED = 100_000;

  /** Blocks that both other nodes change. */
  private static final int PULSES = 64;

  /** Id of the node that leaves, the last one. */
  private static final int LEAVER = BenchCluster.NODES - 1;

  private static final int CHANGED_FILE = 10;
  private static final int BLOCK_BYTES = 8192;

  /** Time in which changes are measured while nothing happens, and after an event. */
  private static final long WINDOW_MS = 2_000;

  /** Goal: no request takes longer than so many times the usual 99th percentile. */
  private static final double LONGEST_BY_P99 = 2;

  private final int changed;
  private final double[] leaveMs = new double[ROUNDS];
  private final double[] byPlainWrite = new double[ROUNDS];
  private final double[] joinMs = new double[ROUNDS];
  private final double[] leaveLongestMs = new double[ROUNDS];
  private final double[] joinLongestMs = new double[ROUNDS];
  private final double[] joinByP99 = new double[ROUNDS];

  private PlannedBenchmark(int changed) {
    this.changed = changed;
  }

  /** Runs. */
  static List<Figure> run(int changed) throws IOException, InterruptedException {
    PlannedBenchmark benchmark = new PlannedBenchmark(changed);
    try (BenchCluster cluster = new BenchCluster(benchmark::settings)) {
      benchmark.pulse(cluster);
      for (int round = 0; round < ROUNDS; round++) {
        benchmark.round(cluster, round);
      }
    }
    return benchmark.figures();
  }

  private String settings(int node) {
    return String.format(
        Locale.ROOT,
        """
        weft.redo-log.plugin = file
        weft.cache-fusion.frames = %d
        """,
        node == LEAVER ? changed + changed / 8 + 1024 : 4096);
  }

  private void pulse(BenchCluster cluster) {
    String numbers =
        String.join(
            ",",
            Arrays.stream(cluster.blocksMasteredBy(0, 1, PULSES))
                .mapToObj(Long::toString)
                .toList());
    for (int node = 0; node < LEAVER; node++) {
      cluster.ask(node, "blocks pulse 1 " + numbers);
      cluster.ask(node, "pulse pulse");
    }
  }

  private void round(BenchCluster cluster, int round) throws IOException, InterruptedException {
    cluster.ask(LEAVER, "change " + CHANGED_FILE + " " + changed);
    Touches calm = touches(cluster, () -> {});
    Touches leave =
        touches(
            cluster,
            () -> {
              leaveMs[round] = cluster.leave(LEAVER) / 1e6;
              settle(cluster, LEAVER);
            });
    byPlainWrite[round] = leaveMs[round] / plainWriteMs(cluster.directory());
    Touches join =
        touches(
            cluster,
            () -> {
              long start = System.nanoTime();
              cluster.restart(LEAVER);
              joinMs[round] = (System.nanoTime() - start) / 1e6;
              settle(cluster, BenchCluster.NODES);
            });
    leaveLongestMs[round] = leave.longestMs();
    joinLongestMs[round] = join.longestMs();
    joinByP99[round] = join.longestMs() / calm.p99Ms();
    System.err.println(
        String.format(
            Locale.ROOT,
            "  round %d: left after %.0f ms = %.2f x a plain write, longest change %.1f ms; joined"
                + " after %.0f ms, longest change %.1f ms; otherwise p99 %.2f ms, longest %.1f ms",
            round + 1,
            leaveMs[round],
            byPlainWrite[round],
            leave.longestMs(),
            joinMs[round],
            join.longestMs(),
            calm.p99Ms(),
            calm.longestMs()));
  }

  /** What both other nodes felt. */
  private record Touches(double longestMs, double p99Ms) {}

  private interface Event {
    void happen() throws IOException, InterruptedException;
  }

  private static Touches touches(BenchCluster cluster, Event event)
      throws IOException, InterruptedException {
    for (int node = 0; node < LEAVER; node++) {
      cluster.ask(node, "mark");
    }
    event.happen();
    TimeUnit.MILLISECONDS.sleep(WINDOW_MS);
    double longest = 0;
    double p99 = 0;
    for (int node = 0; node < LEAVER; node++) {
      String[] felt = cluster.ask(node, "felt");
      longest = Math.max(longest, Long.parseLong(felt[1]) / 1e6);
      p99 = Math.max(p99, Long.parseLong(felt[2]) / 1e6);
    }
    return new Touches(longest, p99);
  }

  private static void settle(BenchCluster cluster, int members) {
    for (int node = 0; node < LEAVER; node++) {
      cluster.ask(node, "settled " + members);
    }
  }

  /** Writes as many bytes as the changed blocks have, in order and in pieces of 1 MiB. */
  private double plainWriteMs(Path directory) throws IOException {
    Path file = directory.resolve("plain");
    long bytes = (long) changed * BLOCK_BYTES;
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
    long start = System.nanoTime();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      for (long written = 0; written < bytes; ) {
        piece.clear().limit((int) Math.min(piece.capacity(), bytes - written));
        written += channel.write(piece);
      }
      channel.force(false);
      return (System.nanoTime() - start) / 1e6;
    }
  }

  private List<Figure> figures() {
    String what = String.format(Locale.ROOT, ", %,d changed blocks", changed);
    return List.of(
        Figure.of("plannedLeaveMs", "planned leave" + what, Figure.median(leaveMs), "ms"),
        Figure.of(
            "plannedLeaveRatio",
            "  : a plain write of as many bytes",
            Figure.median(byPlainWrite),
            "x"),
        Figure.of(
            "plannedLeaveLongestMs",
            "  longest change of the others",
            Figure.median(leaveLongestMs),
            "ms"),
        Figure.of("joinMs", "join, from the start of the process", Figure.median(joinMs), "ms"),
        Figure.of(
            "joinLongestMs", "  longest change of the others", Figure.median(joinLongestMs), "ms"),
        Figure.of("joinLongestByP99", "  : their p99 without a join", Figure.median(joinByP99), "x")
            .atMost(LONGEST_BY_P99));
  }
}
