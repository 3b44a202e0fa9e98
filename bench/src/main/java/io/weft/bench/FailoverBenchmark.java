// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The effect of a node failure on the other nodes. One of three node processes, which holds 100,000
 * blocks, is repeatedly killed with SIGKILL, for each redo strategy.
 *
 * <p>The other nodes continuously touch blocks that the victim neither holds nor masters. The
 * longest touch around a kill is compared with the longest in an equal time before it. From the
 * kill on they also read the victim's blocks at random; all blocks are served when the longest of
 * these reads, begun with the kill, has ended. The view is complete when the last block of the
 * victim is recovered, whether read or not.
 */
final class FailoverBenchmark {
  /** Kills per redo strategy. */
  private static final int KILLS = 10;

  /** Blocks that the victim holds. */
  private static final int HELD = 100_000;

  /**
   * Number of held blocks that were changed and not written since, which is the number of redo
   * records.
   */
  private static final int CHANGED = 2_000;

  /** Blocks that each other node touches all the time. */
  private static final int PULSES = 64;

  /** Id of the killed node, the last one. */
  private static final int VICTIM = BenchCluster.NODES - 1;

  /** File of the held blocks. */
  private static final int HELD_FILE = 10;

  /** Time before and after a kill in which touches are compared. */
  private static final long WINDOW_MS = 500;

  /** Goal of the additional time of the longest touch. */
  private static final double GAP_MS = 10;

  private FailoverBenchmark() {}

  static List<Figure> run() throws IOException, InterruptedException {
    List<Figure> figures = new ArrayList<>();
    for (String strategy : List.of("ondemand", "serial", "parallel")) {
      figures.addAll(run(strategy, strategy.equals("ondemand") ? 150 : 1000));
    }
    return figures;
  }

  private static List<Figure> run(String strategy, double servedMs)
      throws IOException, InterruptedException {
    double[] served = new double[KILLS];
    double[] detected = new double[KILLS];
    double[] complete = new double[KILLS];
    double[] extraGap = new double[KILLS];
    try (BenchCluster cluster = new BenchCluster(node -> settings(strategy, node))) {
      for (int node = 0; node < VICTIM; node++) {
        StringBuilder list = new StringBuilder();
        for (long number : cluster.blocksMasteredBy(1 - node, node + 1, PULSES)) {
          list.append(list.isEmpty() ? "" : ",").append(number);
        }
        cluster.ask(node, "blocks pulse " + (node + 1) + " " + list);
        cluster.ask(node, "pulse pulse");
      }
      for (int kill = 0; kill < KILLS; kill++) {
        if (kill > 0) {
          cluster.restart(VICTIM);
        }
        for (int node = 0; node < BenchCluster.NODES; node++) {
          cluster.ask(node, "settled " + BenchCluster.NODES);
        }
        cluster.ask(VICTIM, "hold " + HELD_FILE + " " + HELD);
        cluster.ask(VICTIM, "change " + HELD_FILE + " " + CHANGED);
        mark(cluster);
        TimeUnit.MILLISECONDS.sleep(WINDOW_MS);
        double calmMs = felt(cluster);
        mark(cluster);
        long killedNs = cluster.kill(VICTIM);
        long reachedNs = 0;
        long completeNs = 0;
        long detectedNs = Long.MAX_VALUE;
        String reach = "reach %d %d %d %d %d";
        for (String[] reached :
            cluster.askFirst(
                VICTIM,
                String.format(
                    Locale.ROOT,
                    reach,
                    HELD_FILE,
                    HELD,
                    killedNs,
                    WINDOW_MS * 1_000_000,
                    VICTIM))) {
          reachedNs = Math.max(reachedNs, Long.parseLong(reached[1]));
          completeNs = Math.max(completeNs, Long.parseLong(reached[2]));
          detectedNs = Math.min(detectedNs, Long.parseLong(reached[3]));
        }
        served[kill] = reachedNs / 1e6;
        complete[kill] = completeNs / 1e6;
        detected[kill] = detectedNs / 1e6;
        extraGap[kill] = felt(cluster) - calmMs;
        System.err.println(
            String.format(
                Locale.ROOT,
                "  %s, kill %d: noticed after %.1f ms, all served after %.1f ms, complete after"
                    + " %.1f ms, longest gap %+.1f ms against %.1f ms",
                strategy,
                kill + 1,
                detected[kill],
                served[kill],
                complete[kill],
                extraGap[kill],
                calmMs));
      }
    }
    String name = strategy.substring(0, 1).toUpperCase(Locale.ROOT) + strategy.substring(1);
    String what =
        String.format(
            Locale.ROOT, ", %s, %,d blocks held, %,d redo records", strategy, HELD, CHANGED);
    return List.of(
        Figure.of(
                "failoverServed" + name + "Ms",
                "served after a kill" + what,
                Figure.median(served),
                "ms")
            .atMost(servedMs),
        Figure.of(
            "failoverNoticed" + name + "Ms",
            "  until the system has ended the process and reset its connections",
            Figure.median(detected),
            "ms"),
        Figure.of(
            "failoverComplete" + name + "Ms", "  view complete", Figure.median(complete), "ms"),
        Figure.of(
                "failoverGap" + name + "Ms",
                "  longest gap of unaffected blocks, above no kill",
                Figure.median(extraGap),
                "ms")
            .atMost(GAP_MS));
  }

  /** The configuration of a node; the others need no cache for the victim's blocks. */
  private static String settings(String strategy, int node) {
    return String.format(
        Locale.ROOT,
        """
        weft.redo-log.plugin = file
        weft.redo-strategy.plugin = %s
        weft.cache-fusion.frames = %d
        """,
        strategy,
        node == VICTIM ? HELD + 1024 : 4096);
  }

  private static void mark(BenchCluster cluster) {
    for (int node = 0; node < VICTIM; node++) {
      cluster.ask(node, "mark");
    }
  }

  private static double felt(BenchCluster cluster) {
    double longestMs = 0;
    for (int node = 0; node < VICTIM; node++) {
      longestMs = Math.max(longestMs, Long.parseLong(cluster.ask(node, "felt")[1]) / 1e6);
    }
    return longestMs;
  }
}
