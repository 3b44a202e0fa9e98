// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The time to get a dirty block of 8 KiB from another node: three nodes as processes over loopback
 * TCP or shared memory, with one request outstanding. The reference, in the same processes and in
 * alternation, is a plain socket ping-pong with a reply of the same length.
 *
 * <pre>
 *   two hops     n0 masters and holds the blocks, n1 requests them
 *   three hops   n2 masters the blocks, n0 holds them, n1 requests them (for writes, also back)
 * </pre>
 *
 * Before each measured pass the holder changes all blocks. After it the requester's counters must
 * show that every block was shipped over that number of hops.
 */
final class ShippingBenchmark {
  private static final int FILE = 1;

  /** Blocks of a pass. */
  private static final int BLOCKS = 128;

  /** Goal of two hops, as a multiple of a plain round trip. */
  private static final double TWO_HOP_RATIO = 2;

  /** Goal of three hops, as a multiple of a plain round trip. */
  private static final double THREE_HOP_RATIO = 3;

  /** How threads wait for the network, and for the network thread. */
  enum Waiting {
    /** Both sides block at once: the goals are for this mode. */
    BLOCKING(0, "weft.runtime.jvm.spin = 0\nweft.transport.tcp.spin = 0\n"),
    /** Weft with default settings, and a blocking socket. */
    STANDARD(0, ""),
    /** Both sides poll for 50 us before they block: needs a core for each poller. */
    SPINNING(50_000, "weft.runtime.jvm.spin = 50 us\nweft.transport.tcp.spin = 50 us\n"),
    /** Over shared memory, polling for 50 us; beside a socket that does the same. */
    SHARED(
        50_000,
        "weft.runtime.jvm.spin = 50 us\nweft.transport.plugin = shm\n"
            + "weft.transport.shm.spin = 50 us\n");

    private final long plainSpinNs;
    private final String settings;

    Waiting(long plainSpinNs, String settings) {
      this.plainSpinNs = plainSpinNs;
      this.settings = settings;
    }

    /** How long the plain socket polls, in nanoseconds. */
    long plainSpinNs() {
      return plainSpinNs;
    }

    /**
     * Starts the nodes. Masters stay where they are, so that each path is known. Threads that poll
     * need a processor each, those that block have one for their node.
     */
    BenchCluster cluster() throws IOException {
      String all = "weft.cache-fusion.mastery.auto-remaster = false\n" + settings;
      return new BenchCluster(_ -> all, plainSpinNs == 0);
    }
  }

  private enum Path {
    PLAIN("plain socket round trip, 8 KiB reply"),
    TWO_HOP_READ("2-hop read"),
    TWO_HOP_WRITE("2-hop write"),
    THREE_HOP_READ("3-hop read"),
    THREE_HOP_WRITE("3-hop write");

    private final String text;

    Path(String text) {
      this.text = text;
    }
  }

  private final Waiting waiting;
  private final BenchCluster cluster;
  private final Rounds<Path> rounds = new Rounds<>(Path.PLAIN);

  private ShippingBenchmark(Waiting waiting, BenchCluster cluster) {
    this.waiting = waiting;
    this.cluster = cluster;
  }

  static List<Figure> run(Waiting waiting) throws IOException {
    System.err.println("  " + waiting);
    try (BenchCluster cluster = waiting.cluster()) {
      ShippingBenchmark benchmark = new ShippingBenchmark(waiting, cluster);
      benchmark.prepare();
      benchmark.rounds.run(benchmark::round);
      return benchmark.figures();
    }
  }

  private void prepare() {
    blocks("two", cluster.blocksMasteredBy(0, FILE, BLOCKS));
    blocks("three", cluster.blocksMasteredBy(2, FILE, BLOCKS));
    String[] port = cluster.ask(0, "serve " + waiting.plainSpinNs);
    cluster.ask(1, "connect " + port[1] + " " + waiting.plainSpinNs);
  }

  private void blocks(String name, long[] numbers) {
    String list = Arrays.stream(numbers).mapToObj(Long::toString).collect(Collectors.joining(","));
    for (int node = 0; node < BenchCluster.NODES; node++) {
      cluster.ask(node, "blocks " + name + " " + FILE + " " + list);
    }
  }

  private void round() {
    rounds.record(Path.PLAIN, BenchCluster.numbers(cluster.ask(1, "ping " + BLOCKS)[1]));
    take(0, "two", "exclusive");
    measure(Path.TWO_HOP_WRITE, 1, "two", "exclusive");
    take(0, "two", "exclusive");
    measure(Path.TWO_HOP_READ, 1, "two", "shared");
    take(0, "three", "exclusive");
    measure(Path.THREE_HOP_WRITE, 1, "three", "exclusive");
    measure(Path.THREE_HOP_WRITE, 0, "three", "exclusive");
    measure(Path.THREE_HOP_READ, 1, "three", "shared");
  }

  private String[] take(int node, String blocks, String access) {
    return cluster.ask(node, "take " + blocks + " " + access);
  }

  private void measure(Path path, int node, String blocks, String access) {
    String[] answer = take(node, blocks, access);
    boolean twoHops = path == Path.TWO_HOP_READ || path == Path.TWO_HOP_WRITE;
    if (Integer.parseInt(answer[twoHops ? 2 : 3]) != BLOCKS) {
      throw new IllegalStateException(
          path + ": not every block was shipped that way, but " + Arrays.toString(answer));
    }
    rounds.record(path, BenchCluster.numbers(answer[4]));
  }

  private List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    for (Path path : Path.values()) {
      String key = waiting.name().toLowerCase(Locale.ROOT) + "." + camelCase(path);
      String text = waiting.name().toLowerCase(Locale.ROOT) + ": " + path.text;
      figures.add(Figure.of(key + "P50Us", text + ", p50", rounds.micros(path, 50), "us"));
      figures.add(Figure.of(key + "P99Us", text + ", p99", rounds.micros(path, 99), "us"));
      if (path != Path.PLAIN) {
        figures.add(
            withGoal(path, Figure.of(key + "Ratio", text + " / plain", rounds.ratio(path), "x")));
      }
    }
    return figures;
  }

  private Figure withGoal(Path path, Figure ratio) {
    if (waiting != Waiting.BLOCKING) {
      return ratio;
    }
    boolean twoHops = path == Path.TWO_HOP_READ || path == Path.TWO_HOP_WRITE;
    return ratio.atMost(twoHops ? TWO_HOP_RATIO : THREE_HOP_RATIO);
  }

  private static String camelCase(Path path) {
    String[] words = path.name().toLowerCase(Locale.ROOT).split("_");
    StringBuilder name = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      name.append(Character.toUpperCase(words[i].charAt(0))).append(words[i].substring(1));
    }
    return name.toString();
  }
}
