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
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every {@link HashStrategy} keeps: rules HS-1 to HS-3. */
public abstract class HashStrategyContract {
  /** One member, some, sparse ids, all ids that there are. */
  private static final List<int[]> VIEWS =
      List.of(
          new int[] {0},
          new int[] {63},
          new int[] {0, 1},
          new int[] {1, 4, 9},
          new int[] {0, 1, 2, 3, 4},
          new int[] {3, 17, 18, 40, 41, 42, 62, 63},
          IntStream.range(0, 64).toArray());

  /** A new strategy under test, always with the same settings. */
  protected abstract HashStrategy strategy();

  /**
   * {@link Arrays#hashCode(int[])} of what the strategy proposes for the nodes 0, 1 and 2, written
   * down once. It stands for the nodes that run in other processes, and for those that still run
   * the version before.
   */
  protected abstract int mapOfThree();

  /** A view of these nodes. */
  protected static View viewOf(int... ids) {
    return view(Epoch.FIRST, "host", ids);
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
  void neitherHostsNorPortsNorTheEpochMatter() {
    for (int[] ids : VIEWS) {
      assertArrayEquals(
          strategy().propose(viewOf(ids)),
          strategy().propose(view(new Epoch(9_000_000_000L), "elsewhere", ids)));
    }
  }

  private static View view(Epoch epoch, String host, int... ids) {
    return new View(
        epoch,
        IntStream.of(ids)
            .mapToObj(id -> new Member(new NodeId(id), host, host.length() + id))
            .toList());
  }
}
