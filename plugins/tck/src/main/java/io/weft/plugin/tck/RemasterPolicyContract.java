// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.MoveReason;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.RemasterPolicy.BucketUse;
import io.weft.spi.directory.RemasterPolicy.MemberLoad;
import io.weft.spi.directory.RemasterPolicy.Move;
import io.weft.spi.directory.RemasterPolicy.NodeUse;
import io.weft.spi.directory.RemasterPolicy.Situation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link RemasterPolicy} keeps: rules RM-1 to RM-6. The tests play a cluster in which
 * nodes use buckets at rates that do not change, window for window, as the engine would.
 */
public abstract class RemasterPolicyContract {
  private static final long WINDOW_NS = 1_000_000_000;
  private static final double DECAY = 0.95;
  private static final int NODES = 4;
  private static final int SEEDS = 50;

  /** Windows after which nothing may move any more. */
  private static final int SETTLED = 400;

  /** A rate that no policy may take for idle, in requests for each window. */
  private static final int OFTEN = 500;

  private static final int MOST = 10;

  /** The policy under test, always with the same settings; nothing is disabled by them. */
  protected abstract RemasterPolicy policy();

  @Test
  @Tag("RM-1")
  void decidesBySituationAlone() {
    RemasterPolicy one = policy();
    for (int seed = 0; seed < SEEDS; seed++) {
      Situation now = situation(new Random(seed));
      List<Move> moves = one.decide(now);
      assertEquals(moves, one.decide(now), "seed " + seed);
      assertEquals(moves, policy().decide(now), "seed " + seed);
    }
  }

  @Test
  @Tag("RM-2")
  void movesOnlyWhatAndWhereItMay() {
    for (int seed = 0; seed < SEEDS * 10; seed++) {
      Situation now = situation(new Random(seed));
      Set<Integer> buckets = new HashSet<>();
      List<Move> moves = policy().decide(now);
      assertTrue(moves.size() <= now.most(), "seed " + seed);
      for (Move move : moves) {
        assertTrue(buckets.add(move.bucket()), "seed " + seed + ": twice");
        assertNotEquals(now.self(), move.to(), "seed " + seed);
        assertTrue(now.members().stream().anyMatch(each -> each.node() == move.to()));
        assertTrue(
            now.idle().contains(move.bucket())
                || now.used().stream()
                    .anyMatch(use -> use.bucket() == move.bucket() && use.movable()),
            "seed " + seed);
      }
    }
  }

  @Test
  @Tag("RM-3")
  void aBucketComesToItsOnlyUser() {
    Cluster cluster = new Cluster(1);
    cluster.rates[0][2] = OFTEN;
    cluster.play(policy(), SETTLED);
    assertEquals(2, cluster.masters[0]);
    assertEquals(1, cluster.moves);
  }

  @Test
  @Tag("RM-4")
  void twoEqualUsersMoveABucketOnceAtMost() {
    for (int master = 0; master < NODES; master++) {
      Cluster cluster = new Cluster(1);
      cluster.masters[0] = master;
      cluster.rates[0][1] = OFTEN;
      cluster.rates[0][3] = OFTEN;
      cluster.play(policy(), SETTLED);
      assertTrue(cluster.moves <= 1, cluster.moves + " moves from n" + master);
    }
  }

  @Test
  @Tag("RM-4")
  void twoNearlyEqualUsersWhoseRatesWaverMoveABucketOnceAtMost() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Cluster cluster = new Cluster(1);
      Random random = new Random(seed);
      for (int i = 0; i < SETTLED; i++) {
        cluster.rates[0][1] = OFTEN + random.nextInt(OFTEN / 2);
        cluster.rates[0][3] = OFTEN + random.nextInt(OFTEN / 2);
        cluster.play(policy(), 1);
      }
      assertTrue(cluster.moves <= 1, cluster.moves + " moves of seed " + seed);
    }
  }

  @Test
  @Tag("RM-4")
  void movesEndUnderASteadyWorkload() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      Cluster cluster = new Cluster(60);
      for (int[] rates : cluster.rates) {
        int users = 1 + random.nextInt(NODES);
        for (int i = 0; i < users; i++) {
          rates[random.nextInt(NODES)] = random.nextInt(OFTEN);
        }
      }
      cluster.play(policy(), SETTLED);
      int before = cluster.moves;
      cluster.play(policy(), SETTLED);
      assertEquals(before, cluster.moves, "seed " + seed + " still moves buckets");
    }
  }

  @Test
  @Tag("RM-5")
  void balanceTakesNoBucketFromItsMainUserAndOverloadsNobody() {
    for (int seed = 0; seed < SEEDS * 10; seed++) {
      Situation now = situation(new Random(seed));
      for (Move move : policy().decide(now)) {
        if (move.reason() != MoveReason.LOAD_BALANCE || now.idle().contains(move.bucket())) {
          continue;
        }
        BucketUse use =
            now.used().stream().filter(u -> u.bucket() == move.bucket()).findFirst().orElseThrow();
        String what = "seed " + seed + ": " + move + " of " + use;
        assertTrue(2 * use.requestsOf(now.self()) <= use.requests(), what);
        double selfLoad = loadOf(now, now.self(), use.requestsOf(now.self()) - use.requests());
        double toLoad = loadOf(now, move.to(), use.requests() - use.requestsOf(move.to()));
        double before = loadOf(now, now.self(), 0);
        assertTrue(toLoad < before && selfLoad < before, what);
      }
    }
  }

  private static double loadOf(Situation now, int node, long more) {
    MemberLoad member =
        now.members().stream().filter(each -> each.node() == node).findFirst().orElseThrow();
    return (double) (member.load() + more) / member.weight();
  }

  @Test
  @Tag("RM-5")
  void sharedLoadSpreads() {
    Cluster cluster = new Cluster(40);
    for (int[] rates : cluster.rates) {
      rates[1] = OFTEN;
      rates[2] = OFTEN;
      rates[3] = OFTEN;
    }
    cluster.play(policy(), SETTLED);
    Set<Integer> masters = new HashSet<>();
    for (int master : cluster.masters) {
      masters.add(master);
    }
    assertTrue(masters.size() > 1, "n0 still masters everything");
    assertFalse(cluster.moves > cluster.masters.length, cluster.moves + " moves");
  }

  @Test
  @Tag("RM-6")
  void nothingMovesWithoutTraffic() {
    List<MemberLoad> uneven =
        List.of(
            new MemberLoad(0, 100, 0, 60_000, 60_000, 0),
            new MemberLoad(1, 100, 0, 5_536, 5_536, 0));
    assertEquals(
        List.of(), policy().decide(new Situation(0, uneven, List.of(), List.of(), MOST, false)));
  }

  // ---- what the policy sees ------------------------------------------------------------------

  private static Situation situation(Random random) {
    int nodes = 1 + random.nextInt(6);
    int self = random.nextInt(nodes);
    List<MemberLoad> members = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      members.add(
          new MemberLoad(
              node,
              1 + random.nextInt(300),
              random.nextInt(4) == 0 ? 0 : random.nextInt(100_000),
              random.nextInt(20_000),
              10_000,
              node == self ? 0 : random.nextInt(1_000_000)));
    }
    List<BucketUse> used = new ArrayList<>();
    for (int bucket = 0; bucket < random.nextInt(40); bucket++) {
      List<NodeUse> users = new ArrayList<>();
      long all = 0;
      for (int node = 0; node < nodes; node++) {
        long requests = random.nextInt(1_000) * (random.nextInt(4) == 0 ? 20L : 1L);
        users.add(new NodeUse(node, requests));
        all += requests;
      }
      users.sort(Comparator.comparingLong(NodeUse::requests).reversed());
      used.add(
          new BucketUse(
              bucket,
              all,
              users,
              random.nextInt(3),
              random.nextLong(WINDOW_NS * 100),
              random.nextInt(5) > 0));
    }
    List<Integer> idle = used.isEmpty() ? IntStream.range(100, 150).boxed().toList() : List.of();
    return new Situation(self, members, used, idle, random.nextInt(MOST), random.nextInt(4) == 0);
  }

  /** Buckets, their masters and users, as an engine would count them. */
  private static final class Cluster {
    final int[] masters;

    /** By bucket and node: requests in a window. */
    final int[][] rates;

    final double[][] counts;
    final int[] movesOf;
    final long[] movedAt;
    int moves;
    long window;

    Cluster(int buckets) {
      masters = new int[buckets];
      rates = new int[buckets][NODES];
      counts = new double[buckets][NODES];
      movesOf = new int[buckets];
      movedAt = new long[buckets];
    }

    void play(RemasterPolicy policy, int windows) {
      for (int i = 0; i < windows; i++) {
        window++;
        for (int bucket = 0; bucket < masters.length; bucket++) {
          for (int node = 0; node < NODES; node++) {
            counts[bucket][node] = (counts[bucket][node] + rates[bucket][node]) * DECAY;
          }
        }
        for (int self = 0; self < NODES; self++) {
          for (Move move : policy.decide(seenBy(self))) {
            masters[move.bucket()] = move.to();
            movesOf[move.bucket()]++;
            movedAt[move.bucket()] = window;
            moves++;
          }
        }
      }
    }

    private Situation seenBy(int self) {
      List<BucketUse> used = new ArrayList<>();
      long[] loads = new long[NODES];
      int[] buckets = new int[NODES];
      for (int bucket = 0; bucket < masters.length; bucket++) {
        List<NodeUse> users = new ArrayList<>();
        long all = 0;
        for (int node = 0; node < NODES; node++) {
          users.add(new NodeUse(node, (long) counts[bucket][node]));
          all += (long) counts[bucket][node];
        }
        users.sort(Comparator.comparingLong(NodeUse::requests).reversed());
        loads[masters[bucket]] += all - (long) counts[bucket][masters[bucket]];
        buckets[masters[bucket]]++;
        if (masters[bucket] == self) {
          long rested =
              movesOf[bucket] == 0 ? Long.MAX_VALUE : (window - movedAt[bucket]) * WINDOW_NS;
          used.add(new BucketUse(bucket, all, users, movesOf[bucket], rested, true));
        }
      }
      List<MemberLoad> members =
          IntStream.range(0, NODES)
              .mapToObj(
                  node ->
                      new MemberLoad(node, 100, loads[node], buckets[node], buckets[node], 100_000))
              .toList();
      return new Situation(self, members, used, List.of(), MOST, false);
    }
  }
}
