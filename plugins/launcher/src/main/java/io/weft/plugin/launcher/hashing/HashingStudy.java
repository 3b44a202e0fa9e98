// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.hashing;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Measures a hash strategy. Used by one thread. */
public final class HashingStudy {
  /** The most nodes that can be measured: one more has to join, and ids begin with 0. */
  public static final int MOST_NODES = NodeId.MAX;

  /** Nodes that leave, one after the other, each from the full view. */
  private static final int LEAVERS = 5;

  /** Repetitions of a proposal; the median counts. */
  private static final int PROPOSALS = 9;

  /** How long proposals are made before the first that is measured. */
  private static final long WARM_UP_NS = 1_000_000_000;

  private static final int WARM_UP_NODES = 10;

  /** Look-ups of a round, of random blocks. */
  private static final int LOOK_UPS = 1 << 16;

  /** Rounds of look-ups; the median counts. As many before are not measured. */
  private static final int ROUNDS = 100;

  private final HashStrategy strategy;
  private final ResourceDirectory directory;
  private final int[] files = new int[LOOK_UPS];
  private final long[] numbers = new long[LOOK_UPS];
  private long checksum;

  /**
   * Prepares a study.
   *
   * @param directory answers from the maps of the strategy. For a fair comparison of look-ups, the
   *     directories of all studies are of one class: the compiler treats a call in a fast and a
   *     slow way, depending on how many classes it has met there.
   */
  public HashingStudy(HashStrategy strategy, ResourceDirectory directory) {
    this.strategy = strategy;
    this.directory = directory;
    SplittableRandom random = new SplittableRandom(1);
    Arrays.setAll(files, _ -> random.nextInt(4));
    Arrays.setAll(numbers, _ -> random.nextLong(1L << 24));
    warmUp();
  }

  /** Proposes for a while, so that the strategy is compiled. */
  private void warmUp() {
    View view = view(WARM_UP_NODES);
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < WARM_UP_NS) {
      checksum += strategy.propose(view)[0];
    }
  }

  /**
   * Measures for some nodes.
   *
   * @param nodes 2 to {@link #MOST_NODES}
   * @throws io.weft.api.WeftException if the directory refuses the strategy's map
   */
  public HashingFigures measure(int nodes) {
    View view = view(nodes);
    directory.install(directory.mapOf(view));
    int[] map = strategy.propose(view);
    double mean = (double) Buckets.COUNT / nodes;
    int[] counts = new int[nodes];
    for (int master : map) {
      counts[master]++;
    }
    double squares = IntStream.of(counts).mapToDouble(c -> (c - mean) * (c - mean)).sum();
    return new HashingFigures(
        nodes,
        IntStream.of(counts).max().orElseThrow() / mean,
        Math.sqrt(squares / nodes) / mean,
        moved(map, strategy.propose(view(nodes + 1))),
        leaveMoved(view, map),
        lookUpNs(),
        proposeMs(view));
  }

  private static View view(int nodes) {
    return new View(
        Epoch.FIRST,
        IntStream.range(0, nodes)
            .mapToObj(id -> new Member(new NodeId(id), "localhost", 1 + id))
            .toList());
  }

  private double leaveMoved(View view, int[] map) {
    int last = view.members().size() - 1;
    return IntStream.range(0, LEAVERS)
        .map(i -> i * last / (LEAVERS - 1))
        .distinct()
        .mapToDouble(leaver -> moved(map, strategy.propose(without(view, leaver))))
        .average()
        .orElseThrow();
  }

  private static View without(View view, int leaver) {
    List<Member> remaining =
        view.members().stream().filter(member -> member.id().value() != leaver).toList();
    return new View(view.epoch(), remaining);
  }

  private static double moved(int[] before, int[] after) {
    long moved =
        IntStream.range(0, before.length).filter(bucket -> before[bucket] != after[bucket]).count();
    return (double) moved / before.length;
  }

  private double proposeMs(View view) {
    return median(PROPOSALS, () -> checksum += strategy.propose(view)[0]) / 1e6;
  }

  private double lookUpNs() {
    median(ROUNDS, this::lookUp); // compiles
    return median(ROUNDS, this::lookUp) / LOOK_UPS;
  }

  private void lookUp() {
    long sum = 0;
    for (int i = 0; i < LOOK_UPS; i++) {
      sum += directory.masterOf(files[i], numbers[i]);
    }
    checksum += sum; // so that the look-ups are needed
  }

  /** The median duration of some work, in nanoseconds. */
  private static double median(int rounds, Runnable work) {
    long[] durations = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      long begin = System.nanoTime();
      work.run();
      durations[i] = System.nanoTime() - begin;
    }
    Arrays.sort(durations);
    return durations[rounds / 2];
  }
}
