// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The time to get a lock that another node has: three nodes as processes over loopback TCP. The
 * reference, in the same processes and in alternation, is a plain socket ping-pong with a reply of
 * a block's length.
 *
 * <pre>
 *   from its master   n0 masters the locks and has them, n1 acquires them: one round trip
 *   from a third node n2 masters the locks, n0 has them, n1 acquires them: two round trips
 *   contended         n0 and n1 acquire and release one lock at the same time: time for each grant
 *                     of its master, between which a node may serve its owner again
 * </pre>
 *
 * <p>Locks are taken in EX. The counters of the acquiring node must show that every lock came from
 * its master.
 */
final class LockBenchmark {
  /** Locks of a pass. */
  private static final int LOCKS = 128;

  /** Length of a contended pass: many hand-overs. */
  private static final long CONTENDED_NS = 20_000_000;

  /** Most contended passes of a round. */
  private static final int MOST_CONTENDED_PASSES = 50;

  /** Goals, as multiples of a plain round trip. */
  private static final double ONE_ROUND_TRIP = 2;

  private static final double TWO_ROUND_TRIPS = 4;

  private enum Path {
    PLAIN("plain socket round trip, 8 KiB reply"),
    MASTER("lock from its master"),
    MASTER_VALUE("the same with a value written"),
    THIRD("lock from a third node"),
    CONTENDED("contended hand-over");

    private final String text;

    Path(String text) {
      this.text = text;
    }
  }

  private final ShippingBenchmark.Waiting waiting;
  private final BenchCluster cluster;
  private final Rounds<Path> rounds = new Rounds<>(Path.PLAIN);

  private LockBenchmark(ShippingBenchmark.Waiting waiting, BenchCluster cluster) {
    this.waiting = waiting;
    this.cluster = cluster;
  }

  static List<Figure> run(ShippingBenchmark.Waiting waiting) throws IOException {
    System.err.println("  " + waiting);
    try (BenchCluster cluster = waiting.cluster()) {
      LockBenchmark benchmark = new LockBenchmark(waiting, cluster);
      benchmark.prepare();
      benchmark.rounds.run(benchmark::round);
      return benchmark.figures();
    }
  }

  private void prepare() {
    locks("two", 0);
    locks("three", 2);
    String[] port = cluster.ask(0, "serve " + waiting.plainSpinNs());
    cluster.ask(1, "connect " + port[1] + " " + waiting.plainSpinNs());
  }

  private void locks(String set, int master) {
    String names = String.join(",", cluster.locksMasteredBy(master, set, LOCKS));
    for (int node = 0; node < BenchCluster.NODES; node++) {
      cluster.ask(node, "locks " + set + " " + names);
    }
  }

  private void round() {
    rounds.record(Path.PLAIN, BenchCluster.numbers(cluster.ask(1, "ping " + LOCKS)[1]));
    acquire(0, "two", 0);
    measure(Path.MASTER, 1, "two", 0);
    acquire(0, "two", Long.BYTES);
    measure(Path.MASTER_VALUE, 1, "two", Long.BYTES);
    acquire(0, "three", 0);
    measure(Path.THIRD, 1, "three", 0);
    contend();
  }

  /**
   * Measures hand-overs of one lock between two nodes. Does it again if the two were not at work at
   * the same time, which the scheduler of a busy machine decides.
   */
  private void contend() {
    for (int attempt = 0; attempt < MOST_CONTENDED_PASSES; attempt++) {
      long nanos = 0;
      long handOvers = 0;
      List<String[]> answers = cluster.askFirst(2, "contend two " + CONTENDED_NS);
      for (String[] answer : answers) {
        nanos += Long.parseLong(answer[1]);
        handOvers += Long.parseLong(answer[2]);
      }
      if (handOvers >= answers.size()) {
        rounds.record(Path.CONTENDED, new long[] {nanos / answers.size() / handOvers});
        return;
      }
    }
    throw new IllegalStateException(
        "the lock was not handed over in " + MOST_CONTENDED_PASSES + " passes");
  }

  private String[] acquire(int node, String set, int valueBytes) {
    return cluster.ask(node, "acquire " + set + " " + valueBytes);
  }

  private void measure(Path path, int node, String set, int valueBytes) {
    String[] answer = acquire(node, set, valueBytes);
    if (Integer.parseInt(answer[1]) != LOCKS) {
      throw new IllegalStateException(
          path + ": not every lock came from its master, but " + answer[1]);
    }
    rounds.record(path, BenchCluster.numbers(answer[2]));
  }

  private List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    for (Path path : Path.values()) {
      String prefix = waiting.name().toLowerCase(Locale.ROOT);
      String key = "locks." + prefix + "." + path.name().toLowerCase(Locale.ROOT);
      figures.add(
          Figure.of(
              key + "P50Us", prefix + ": " + path.text + ", p50", rounds.micros(path, 50), "us"));
      if (path != Path.PLAIN) {
        Figure ratio =
            Figure.of(
                key + "Ratio", prefix + ": " + path.text + " / plain", rounds.ratio(path), "x");
        figures.add(
            waiting == ShippingBenchmark.Waiting.BLOCKING
                ? ratio.atMost(path == Path.THIRD ? TWO_ROUND_TRIPS : ONE_ROUND_TRIP)
                : ratio);
      }
    }
    return figures;
  }
}
