// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.MoveReason;
import io.weft.plugin.tck.RemasterPolicyContract;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.RemasterPolicy.BucketUse;
import io.weft.spi.directory.RemasterPolicy.MemberLoad;
import io.weft.spi.directory.RemasterPolicy.Move;
import io.weft.spi.directory.RemasterPolicy.NodeUse;
import io.weft.spi.directory.RemasterPolicy.Situation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rules of all policies, and the thresholds of this one. */
final class AffinityPolicyTest extends RemasterPolicyContract {
  private static final long REST_NS = AffinitySettings.DEFAULTS.rest().toNanos();

  @Override
  protected RemasterPolicy policy() {
    return new AffinityPolicy(AffinitySettings.DEFAULTS);
  }

  /** Node 0 is the master; users are node 0, 1, 2. */
  private static BucketUse use(int bucket, long... requests) {
    return moved(bucket, 0, Long.MAX_VALUE, requests);
  }

  private static BucketUse moved(int bucket, int moves, long rested, long... requests) {
    List<NodeUse> users = new ArrayList<>();
    long all = 0;
    for (int node = 0; node < requests.length; node++) {
      users.add(new NodeUse(node, requests[node]));
      all += requests[node];
    }
    return new BucketUse(bucket, all, users, moves, rested, true);
  }

  private List<Move> decide(List<Long> loads, BucketUse... used) {
    List<MemberLoad> members =
        IntStream.range(0, loads.size())
            .mapToObj(
                node -> new MemberLoad(node, 100, loads.get(node), 20_000, 20_000, 1_000L * node))
            .toList();
    return policy().decide(new Situation(0, members, List.of(used), List.of(), 100, false));
  }

  private List<Move> decide(BucketUse... used) {
    return decide(List.of(0L, 0L, 0L), used);
  }

  private static Move affinity(int bucket, int to) {
    return new Move(bucket, to, MoveReason.AFFINITY);
  }

  @Test
  void aBucketMovesFromTheThresholdOn() {
    assertEquals(List.of(), decide(use(5, 0, 99, 0)));
    assertEquals(List.of(affinity(5, 1)), decide(use(5, 0, 100, 0)));
  }

  @Test
  void theNextMasterHasToWinClearly() {
    assertEquals(List.of(), decide(use(5, 100, 199, 0)), "less than twice the master's");
    assertEquals(List.of(), decide(use(5, 0, 200, 200)), "not more than half");
    assertEquals(List.of(affinity(5, 2)), decide(use(5, 100, 50, 300)));
  }

  @Test
  void whoWaitsLongestComesFirst() {
    assertEquals(
        List.of(affinity(7, 2), affinity(6, 1), affinity(5, 1)),
        decide(use(5, 0, 500, 0), use(6, 0, 900, 0), use(7, 0, 0, 600)),
        "600 requests of a node that is twice as far count more than 900");
  }

  @Test
  void theRestDoublesWithEachMove() {
    assertEquals(List.of(), decide(moved(5, 1, REST_NS - 1, 0, 500, 0)));
    assertEquals(List.of(affinity(5, 1)), decide(moved(5, 1, REST_NS, 0, 500, 0)));
    assertEquals(List.of(), decide(moved(5, 3, 4 * REST_NS - 1, 0, 500, 0)));
    assertEquals(List.of(affinity(5, 1)), decide(moved(5, 3, 4 * REST_NS, 0, 500, 0)));
    long longest = REST_NS << AffinityPolicy.MOST_DOUBLINGS;
    assertEquals(List.of(affinity(5, 1)), decide(moved(5, 1_000, longest, 0, 500, 0)));
  }

  @Test
  void loadMovesBeforeTheLimitIsReached() {
    BucketUse shared = use(5, 0, 100, 100);
    assertEquals(List.of(), decide(List.of(1_140L, 930L, 930L), shared));
    assertEquals(
        List.of(new Move(5, 1, MoveReason.LOAD_BALANCE)),
        decide(List.of(2_200L, 1_000L, 1_000L), shared));
  }

  @Test
  void affinityWinsOverBalance() {
    BucketUse own = use(5, 600, 300, 300);
    assertEquals(List.of(), decide(List.of(9_000L, 0L, 0L), use(6, 700, 300, 300)));
    assertEquals(
        List.of(new Move(5, 1, MoveReason.LOAD_BALANCE)),
        decide(List.of(9_000L, 0L, 0L), own),
        "half is not more than half");
    assertEquals(List.of(affinity(7, 2)), decide(List.of(9_000L, 0L, 0L), use(7, 0, 300, 700)));
  }

  @Test
  void whatTheHashStrategyHasDealtIsNoLoad() {
    List<MemberLoad> uneven =
        List.of(
            new MemberLoad(0, 100, 0, 40_000, 40_000, 0),
            new MemberLoad(1, 100, 0, 25_536, 25_536, 0));
    assertEquals(
        List.of(), policy().decide(new Situation(0, uneven, List.of(), List.of(1, 2), 9, false)));
  }

  @Test
  void idleBucketsGoBackToMembersThatLackTheirShare() {
    List<MemberLoad> drawnIn =
        List.of(
            new MemberLoad(0, 100, 0, 30_000, 20_000, 0),
            new MemberLoad(1, 100, 0, 19_999, 20_000, 0),
            new MemberLoad(2, 100, 0, 15_537, 25_536, 0));
    assertEquals(
        List.of(new Move(1, 2, MoveReason.LOAD_BALANCE), new Move(2, 2, MoveReason.LOAD_BALANCE)),
        policy().decide(new Situation(0, drawnIn, List.of(), List.of(1, 2, 3), 2, false)));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    Duration rest = Duration.ofSeconds(1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> new AffinitySettings(0, 2, rest, 20, 1))
            .getMessage();
    assertTrue(message.startsWith("threshold = 0"), message);
    assertThrows(
        IllegalArgumentException.class, () -> new AffinitySettings(1, 2, Duration.ZERO, 20, 1));
  }
}
