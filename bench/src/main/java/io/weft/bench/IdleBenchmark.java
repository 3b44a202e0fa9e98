// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The processor time of an idle node: three connected nodes as processes with default settings,
 * after some work.
 */
final class IdleBenchmark {
  private static final int FILE = 1;

  /** Blocks of the work before the measurement. */
  private static final int BLOCKS = 64;

  /** Pause between the work and the measurement: past images are written after 5 s. */
  private static final Duration SETTLING = Duration.ofSeconds(6);

  /** Duration of a window. */
  private static final Duration WINDOW = Duration.ofSeconds(10);

  /** Windows at most. */
  private static final int WINDOWS = 6;

  /**
   * The compilers have come to rest when a window uses no less than this share of the one before.
   */
  private static final double RESTED = 0.8;

  /** Goal of the processor time, as a share of a core. */
  private static final double PERCENT_OF_A_CORE = 2;

  private IdleBenchmark() {}

  /** Measures the nodes with that transport. */
  static List<Figure> run(String transport) throws IOException, InterruptedException {
    try (BenchCluster cluster = new BenchCluster("weft.transport.plugin = " + transport + "\n")) {
      work(cluster);
      TimeUnit.MILLISECONDS.sleep(SETTLING.toMillis()); // past images are written after 5 s
      double[] first = window(cluster);
      double[] last = first;
      boolean rested = false;
      for (int i = 1; i < WINDOWS && !rested; i++) {
        double[] next = window(cluster);
        rested = Arrays.stream(next).sum() >= RESTED * Arrays.stream(last).sum();
        last = next;
      }
      List<Figure> figures = new ArrayList<>();
      for (int node = 0; node < BenchCluster.NODES; node++) {
        String key = "idleNode" + node + (transport.equals("tcp") ? "" : "Shm");
        String text = "idle node " + node + " of 3, " + transport + ", share of a core";
        figures.add(Figure.of(key + "FirstPercent", text + ", first 10 s", first[node], "%"));
        figures.add(
            Figure.of(key + "Percent", text + ", at rest", last[node], "%")
                .atMost(PERCENT_OF_A_CORE));
      }
      return figures;
    }
  }

  /** The share of a core that each node uses, in percent. */
  private static double[] window(BenchCluster cluster) throws InterruptedException {
    long start = System.nanoTime();
    long[] before = processorNanos(cluster);
    TimeUnit.MILLISECONDS.sleep(WINDOW.toMillis());
    long[] after = processorNanos(cluster);
    double elapsed = System.nanoTime() - start;
    return IntStream.range(0, before.length)
        .mapToDouble(node -> 100 * (after[node] - before[node]) / elapsed)
        .toArray();
  }

  private static void work(BenchCluster cluster) {
    for (int node = 0; node < BenchCluster.NODES; node++) {
      StringBuilder list = new StringBuilder();
      for (long number : cluster.blocksMasteredBy(0, FILE, BLOCKS)) {
        list.append(list.isEmpty() ? "" : ",").append(number);
      }
      cluster.ask(node, "blocks some " + FILE + " " + list);
      cluster.ask(node, "take some exclusive");
    }
  }

  private static long[] processorNanos(BenchCluster cluster) {
    long[] nanos = new long[BenchCluster.NODES];
    for (int node = 0; node < BenchCluster.NODES; node++) {
      nanos[node] = cluster.processorTime(node).toNanos();
    }
    return nanos;
  }
}
