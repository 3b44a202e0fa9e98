// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every {@link HashStrategy} keeps: rules HS-1 to HS-5. */
public abstract class HashStrategyContract {
  /** One member, some, sparse ids, as many as a word has bits, large ids. */
  private static final List<int[]> VIEWS =
      List.of(
          new int[] {0},
          new int[] {NodeId.MAX},
          new int[] {0, 1},
          new int[] {1, 4, 9},
          new int[] {0, 1, 2, 3, 4},
          new int[] {3, 17, 18, 40, 41, 42, NodeId.MAX - 1, NodeId.MAX},
          IntStream.rangeClosed(0, NodeId.MAX).toArray(),
          new int[] {0, 63, 64, 127, 128, 1_023});

  /** Weights of the nodes 0, 1 and so on: equal, some light, some heavy. */
  private static final List<int[]> WEIGHTS =
      List.of(
          new int[] {100, 100, 100},
          new int[] {37, 37, 37, 37},
          new int[] {100, 200, 400},
          new int[] {50, 100, 100, 150, 100},
          new int[] {300, 100, 100, 100, 100, 100, 100, 200});

  /** A new strategy under test, always with the same settings. */
  protected abstract HashStrategy strategy();

  /**
   * {@link Arrays#hashCode(int[])} of what the strategy proposes for the nodes 0, 1 and 2, written
   * down once. It stands for the nodes that run in other processes, and for those that still run
   * the version before.
   */
  protected abstract int mapOfThree();

  /**
   * As {@link #mapOfThree}, but the nodes 0, 1 and 2 have the weights 50, 100 and 300. The map of a
   * strategy that ignores weights is the same.
   */
  protected abstract int mapOfWeights();

  /**
   * The documented bound of rule HS-5: the largest share of all buckets that may move between two
   * views although the member that distinguishes them neither had nor gets them. 0 if only its own
   * buckets ever move.
   *
   * @param more a view
   * @param less the same without one member
   */
  protected abstract double movedBeside(View more, View less);

  /**
   * The largest deviation of a member's share from its due, as a part of the due, in views of up to
   * eight members with weights of 37 to 400. For strategies that honour weights.
   */
  protected double deviation() {
    return 0.25;
  }

  /** A view of these nodes. */
  protected static View viewOf(int... ids) {
    return view(Epoch.FIRST, "host", ids);
  }

  /** A view of the nodes 0, 1 and so on, with these weights. */
  protected static View viewOfWeights(int... weights) {
    return new View(
        Epoch.FIRST,
        IntStream.range(0, weights.length)
            .mapToObj(id -> new Member(new NodeId(id), "host", 1 + id, weights[id]))
            .toList());
  }

  /** The view without one of its members. */
  protected static View without(View view, Member left) {
    return new View(
        view.epoch(), view.members().stream().filter(member -> !member.equals(left)).toList());
  }

  /** How many buckets a node has in a map. */
  protected static int bucketsOf(int node, int[] masters) {
    return (int) IntStream.of(masters).filter(master -> master == node).count();
  }

  @Test
  @Tag("HS-1")
  void proposesTheSameInEveryProcessAndVersion() {
    assertEquals(
        mapOfThree(),
        Arrays.hashCode(strategy().propose(viewOf(0, 1, 2))),
        "the map is not the one that was written down: nodes of two versions would disagree");
  }

  @Test
  @Tag("HS-1")
  void proposesTheSameForWeightsInEveryProcessAndVersion() {
    assertEquals(
        mapOfWeights(),
        Arrays.hashCode(strategy().propose(viewOfWeights(50, 100, 300))),
        "the map is not the one that was written down: nodes of two versions would disagree");
  }

  @Test
  @Tag("HS-1")
  void theOrderInWhichMembersJoinedDoesNotMatter() {
    int[] ids = {0, 1, 2, 5, 9, NodeId.MAX};
    int[] expected = strategy().propose(viewOf(ids));
    for (int first = 0; first < ids.length; first++) {
      HashStrategy strategy = strategy();
      for (int joined = 1; joined < ids.length; joined++) {
        int begin = first;
        strategy.propose(
            viewOf(
                IntStream.range(0, joined)
                    .map(i -> ids[(begin + i) % ids.length])
                    .sorted()
                    .toArray()));
      }
      assertArrayEquals(expected, strategy.propose(viewOf(ids)));
    }
  }

  @Test
  @Tag("HS-1")
  void twoStrategiesProposeTheSame() {
    for (int[] ids : VIEWS) {
      assertArrayEquals(strategy().propose(viewOf(ids)), strategy().propose(viewOf(ids)));
    }
  }

  @Test
  @Tag("HS-1")
  void whatWasProposedBeforeChangesNothing() {
    HashStrategy used = strategy();
    for (int[] ids : VIEWS) {
      used.propose(viewOf(ids));
    }
    for (int[] ids : VIEWS) {
      assertArrayEquals(strategy().propose(viewOf(ids)), used.propose(viewOf(ids)));
    }
  }

  @Test
  @Tag("HS-1")
  void theMapBelongsToWhoAsked() {
    HashStrategy strategy = strategy();
    int[] first = strategy.propose(viewOf(1, 2, 5));
    int[] kept = first.clone();
    Arrays.fill(first, -1);
    int[] second = strategy.propose(viewOf(1, 2, 5));
    assertNotSame(first, second);
    assertArrayEquals(kept, second);
  }

  @Test
  @Tag("HS-1")
  void manyThreadsGetTheSame() throws InterruptedException, ExecutionException {
    HashStrategy strategy = strategy();
    View view = viewOf(0, 1, 2);
    List<Callable<int[]>> calls =
        IntStream.range(0, 16)
            .<Callable<int[]>>mapToObj(_ -> () -> strategy.propose(view))
            .toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<int[]> proposed : threads.invokeAll(calls)) {
        assertEquals(mapOfThree(), Arrays.hashCode(proposed.get()));
      }
    }
  }

  @Test
  @Tag("HS-2")
  void givesEveryBucketToAMember() {
    for (int[] ids : VIEWS) {
      int[] masters = strategy().propose(viewOf(ids));
      assertEquals(Buckets.COUNT, masters.length);
      Set<Integer> members = IntStream.of(ids).boxed().collect(Collectors.toSet());
      for (int bucket = 0; bucket < masters.length; bucket++) {
        int master = masters[bucket];
        int at = bucket;
        assertTrue(
            members.contains(master),
            () -> "bucket " + at + " goes to n" + master + ", members are " + members);
      }
    }
  }

  @Test
  @Tag("HS-3")
  void neitherHostsNorPortsNorIncarnationsNorTheEpochMatter() {
    for (int[] ids : VIEWS) {
      View other = view(new Epoch(9_000_000_000L), "elsewhere", ids);
      Map<NodeId, Long> incarnations =
          other.members().stream()
              .collect(Collectors.toMap(Member::id, member -> 1_000L + member.id().value()));
      assertArrayEquals(
          strategy().propose(viewOf(ids)),
          strategy().propose(new View(other.epoch(), other.members(), incarnations)));
    }
  }

  @Test
  @Tag("HS-4")
  void sharesAreInProportionToTheWeightsIfTheyAreHonoured() {
    if (!strategy().honoursWeights()) {
      return; // the next test is the one for such strategies
    }
    for (int[] weights : WEIGHTS) {
      int[] masters = strategy().propose(viewOfWeights(weights));
      double whole = IntStream.of(weights).sum();
      for (int id = 0; id < weights.length; id++) {
        double due = Buckets.COUNT * weights[id] / whole;
        int share = bucketsOf(id, masters);
        int node = id;
        assertTrue(
            Math.abs(share - due) <= deviation() * due,
            () ->
                "n"
                    + node
                    + " has "
                    + share
                    + " buckets of "
                    + due
                    + " for the weights "
                    + Arrays.toString(weights));
      }
    }
  }

  @Test
  @Tag("HS-4")
  void weightsThatAreIgnoredChangeNothing() {
    if (strategy().honoursWeights()) {
      return; // the test before is the one for such strategies
    }
    for (int[] weights : WEIGHTS) {
      assertArrayEquals(
          strategy().propose(viewOf(IntStream.range(0, weights.length).toArray())),
          strategy().propose(viewOfWeights(weights)));
    }
  }

  /** Because the map depends on the view alone, what moves is the same in both directions. */
  @Test
  @Tag("HS-5")
  void noMoreMovesThanDocumentedWhenAMemberLeavesOrJoins() {
    List<View> views =
        Stream.concat(
                VIEWS.stream().filter(ids -> ids.length <= 8).map(ids -> viewOf(ids)),
                WEIGHTS.stream().map(weights -> viewOfWeights(weights)))
            .filter(view -> view.members().size() > 1)
            .toList();
    for (View more : views) {
      for (Member member : more.members()) {
        View less = without(more, member);
        double bound = movedBeside(more, less);
        double share = shareMovedBeside(more, less);
        assertTrue(
            share <= bound,
            () ->
                "between the views with and without "
                    + member
                    + " of "
                    + more.members()
                    + ", a share of "
                    + share
                    + " of the buckets moves beside those of "
                    + member.id()
                    + ", documented are "
                    + bound);
      }
    }
  }

  /** The share of buckets that move between members that are in both views. */
  private double shareMovedBeside(View more, View less) {
    int[] before = strategy().propose(more);
    int[] after = strategy().propose(less);
    Set<Integer> remaining =
        less.members().stream().map(member -> member.id().value()).collect(Collectors.toSet());
    long moved =
        IntStream.range(0, Buckets.COUNT)
            .filter(bucket -> before[bucket] != after[bucket])
            .filter(bucket -> remaining.contains(before[bucket]))
            .count();
    return (double) moved / Buckets.COUNT;
  }

  private static View view(Epoch epoch, String host, int... ids) {
    return new View(
        epoch,
        IntStream.of(ids)
            .mapToObj(id -> new Member(new NodeId(id), host, host.length() + id))
            .toList());
  }
}
