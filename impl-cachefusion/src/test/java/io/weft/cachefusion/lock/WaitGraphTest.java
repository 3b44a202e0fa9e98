// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.cachefusion.lock.WaitGraph.AtNode;
import io.weft.cachefusion.lock.WaitGraph.Lease;
import io.weft.cachefusion.lock.WaitGraph.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class WaitGraphTest {
  private static final LockName A = LockName.of("a");
  private static final LockName B = LockName.of("b");

  private static AtNode at(
      int node,
      LockName lock,
      List<LockMessage.Holding> holding,
      List<LockMessage.Waiting> waiting,
      Integer... queue) {
    return new AtNode(node, new LockMessage.LockWaits(lock, 0, holding, waiting, List.of(queue)));
  }

  private static LockMessage.Holding holds(long owner, LockMode mode) {
    return new LockMessage.Holding(owner, mode);
  }

  private static LockMessage.Waiting waits(long owner, LockMode mode) {
    return new LockMessage.Waiting(owner, mode, 1_000 + owner);
  }

  private static List<List<Waiter>> cycles(AtNode... all) {
    return new WaitGraph(List.of(all), List.of()).cycles();
  }

  @Test
  void ownersThatHoldWhatEachOtherWantsAreACycle() {
    assertEquals(
        List.of(List.of(new Waiter(1, 1), new Waiter(2, 2))),
        cycles(
            at(1, A, List.of(holds(1, LockMode.EX)), List.of()),
            at(2, A, List.of(), List.of(waits(2, LockMode.PR)), 2),
            at(2, B, List.of(holds(2, LockMode.EX)), List.of()),
            at(1, B, List.of(), List.of(waits(1, LockMode.PR)), 1)));
  }

  @Test
  void anOwnerThatConvertsDoesNotWaitForItself() {
    assertEquals(
        List.of(),
        cycles(
            at(
                1,
                A,
                List.of(holds(1, LockMode.PR), holds(2, LockMode.PR)),
                List.of(waits(1, LockMode.EX)))));
  }

  @Test
  void twoConversionsAreACycleAndTheOthersAreNot() {
    List<LockMessage.Holding> sharers = new ArrayList<>();
    IntStream.range(3, 50).forEach(i -> sharers.add(holds(i, LockMode.PR)));
    assertEquals(
        List.of(List.of(new Waiter(1, 1), new Waiter(2, 2))),
        cycles(
            at(3, A, sharers, List.of()),
            at(1, A, List.of(holds(1, LockMode.PR)), List.of(waits(1, LockMode.EX)), 1, 2),
            at(2, A, List.of(holds(2, LockMode.PR)), List.of(waits(2, LockMode.EX)))));
  }

  /** The third owner wants what the first one wants; the way back leads over the first one only. */
  @Test
  void theWayBackMayLeadOverAnotherOneThatWantsTheSame() {
    assertEquals(
        List.of(List.of(new Waiter(1, 1), new Waiter(1, 2))),
        cycles(
            at(
                1,
                A,
                List.of(holds(1, LockMode.PR), holds(2, LockMode.PR), holds(3, LockMode.PR)),
                List.of(waits(1, LockMode.EX), waits(2, LockMode.EX), waits(3, LockMode.EX)))));
  }

  @Test
  void aRequestWaitsForTheOneBeforeItAndForTheNodeBeforeItsNode() {
    List<List<Waiter>> cycles =
        cycles(
            at(0, A, List.of(holds(9, LockMode.EX)), List.of(), 1, 2),
            at(1, A, List.of(), List.of(waits(1, LockMode.CR))),
            at(2, A, List.of(), List.of(waits(2, LockMode.CR), waits(3, LockMode.CR))),
            at(2, B, List.of(holds(3, LockMode.EX)), List.of()),
            at(1, B, List.of(), List.of(waits(1, LockMode.EX)), 1));
    assertEquals(List.of(List.of(new Waiter(1, 1), new Waiter(2, 3), new Waiter(2, 2))), cycles);
  }

  @Test
  void onlyWhatBothCollectionsHaveSeenIsCommon() {
    AtNode wants = at(2, A, List.of(), List.of(waits(2, LockMode.PR)), 2);
    AtNode back = at(1, B, List.of(), List.of(waits(1, LockMode.PR)), 1);
    AtNode holdsB = at(2, B, List.of(holds(2, LockMode.EX)), List.of());
    AtNode holdsA = at(1, A, List.of(holds(1, LockMode.EX)), List.of());
    AtNode releasedA = at(1, A, List.of(), List.of());
    WaitGraph first = new WaitGraph(List.of(wants, back, holdsB, holdsA), List.of());
    assertEquals(1, first.cycles().size());
    assertEquals(1, first.common(first).cycles().size());
    WaitGraph second = new WaitGraph(List.of(wants, back, holdsB, releasedA), List.of());
    assertEquals(List.of(), second.common(first).cycles());
    assertEquals(List.of(), first.common(second).cycles());
  }

  @Test
  void aCycleMayLeadThroughALockAndABlock() {
    HeldLease exclusive = new HeldLease(new BlockId(1, 7), Access.EXCLUSIVE);
    HeldLease shared = new HeldLease(new BlockId(1, 7), Access.SHARED);
    List<AtNode> locks =
        List.of(
            at(1, A, List.of(holds(1, LockMode.EX)), List.of()),
            at(2, A, List.of(), List.of(waits(2, LockMode.PR)), 2));
    Lease wants = new Lease(1, new LockMessage.LeaseWait(1, 5, Optional.of(shared), List.of()));
    Lease has = new Lease(2, new LockMessage.LeaseWait(2, 6, Optional.empty(), List.of(exclusive)));
    WaitGraph graph = new WaitGraph(locks, List.of(wants, has));
    assertEquals(List.of(List.of(new Waiter(1, 1), new Waiter(2, 2))), graph.cycles());
    assertEquals(1, graph.waits(new Waiter(1, 1), new Waiter(2, 2)).size());
  }

  /** T84: the cost grows with waits and holders, not with their product. */
  @Test
  void tenThousandWaitsHaveAsManyEdgesAsWaitsAndHolders() {
    int nodes = 4;
    int waiters = 10_000;
    int holders = 1_000;
    List<AtNode> all = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      List<LockMessage.Holding> holding = new ArrayList<>();
      List<LockMessage.Waiting> waiting = new ArrayList<>();
      for (int i = 0; i < holders / nodes; i++) {
        holding.add(holds(i, LockMode.PR));
        waiting.add(waits(i, LockMode.EX)); // converts
      }
      for (int i = waiting.size(); i < waiters / nodes; i++) {
        waiting.add(waits(i, i % 2 == 0 ? LockMode.EX : LockMode.PW));
      }
      all.add(
          at(node, A, holding, waiting, node == 0 ? new Integer[] {0, 1, 2, 3} : new Integer[0]));
    }
    WaitGraph graph = new WaitGraph(all, List.of());
    List<List<Waiter>> cycles = graph.common(graph).cycles();
    assertEquals(1, cycles.size(), "the conversions wait for each other");
    assertEquals(2, cycles.getFirst().size());
    assertTrue(graph.edges() <= 2 * waiters + 2 * holders, () -> graph.edges() + " edges");
    System.out.println(
        waiters + " waits, " + graph.edges() + " edges: " + fastest(all) / 1_000_000 + " ms");
  }

  /** Time in nanoseconds of both graphs and their cycles, as the detector makes them. */
  private static long fastest(List<AtNode> all) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long began = System.nanoTime();
      WaitGraph first = new WaitGraph(all, List.of());
      first.cycles();
      new WaitGraph(all, List.of()).common(first).cycles();
      least = Math.min(least, System.nanoTime() - began);
    }
    return least;
  }
}
