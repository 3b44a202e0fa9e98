// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.NodeSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Every split of 1 to 7 electors. */
final class QuorumRuleTest {
  @Test
  void numbersOfVotes() {
    int[] votes = {1, 3, 3, 5, 5, 7, 7};
    int[] quorum = {1, 2, 2, 3, 3, 4, 4};
    for (int nodes = 1; nodes <= 7; nodes++) {
      QuorumRule rule = new QuorumRule(NodeSet.ofFirst(nodes));
      assertEquals(votes[nodes - 1], rule.votes());
      assertEquals(quorum[nodes - 1], rule.quorum());
    }
  }

  /** Both may be one of two only by the registry's vote, and it has one for each epoch. */
  @Test
  void twoDisjointSetsAreQuorateOnlyIfBothNeedTheRegistry() {
    for (int nodes = 1; nodes <= 7; nodes++) {
      long all = (1L << nodes) - 1;
      QuorumRule rule = new QuorumRule(NodeSet.ofWord(all));
      for (long one = 0; one <= all; one++) {
        long other = all & ~one;
        if (rule.isQuorum(NodeSet.ofWord(one)) && rule.isQuorum(NodeSet.ofWord(other))) {
          assertTrue(rule.registryVotes());
          assertEquals(Long.bitCount(one), Long.bitCount(other));
          assertTrue(Long.bitCount(one) < rule.quorum(), "enough without the registry");
          assertTrue(Long.bitCount(other) < rule.quorum(), "enough without the registry");
        }
        assertTrue(
            rule.isQuorum(NodeSet.ofWord(one)) || rule.isQuorum(NodeSet.ofWord(other)),
            "nobody could go on");
      }
    }
  }

  @Test
  void aMajorityIsQuorateAndAMinorityIsNot() {
    for (int nodes = 1; nodes <= 7; nodes++) {
      long all = (1L << nodes) - 1;
      QuorumRule rule = new QuorumRule(NodeSet.ofWord(all));
      for (long some = 0; some <= all; some++) {
        int here = Long.bitCount(some);
        if (2 * here > nodes) {
          assertTrue(rule.isQuorum(NodeSet.ofWord(some)));
        } else if (2 * here < nodes) {
          assertFalse(rule.isQuorum(NodeSet.ofWord(some)));
        } else {
          assertTrue(rule.isQuorum(NodeSet.ofWord(some)), "half of them, with the registry");
        }
      }
    }
  }

  @Test
  void strangersDoNotVote() {
    QuorumRule rule = new QuorumRule(NodeSet.of(0, 1, 2));
    assertFalse(rule.isQuorum(NodeSet.of(0, 3, 4, 5, 6, 7, 100)));
    assertTrue(rule.isQuorum(NodeSet.of(0, 1, 3)));
  }

  @Test
  void inTouchSinceIsTheNewestTimeOfAQuorum() {
    Map<Integer, Long> times = new HashMap<>(Map.of(0, 100L, 1, 90L, 2, 80L));
    IntToLongFunction inTouch = node -> times.getOrDefault(node, MembershipLease.NEVER);
    assertEquals(90, new QuorumRule(NodeSet.of(0, 1, 2)).inTouchSince(inTouch, 0));
    assertEquals(90, new QuorumRule(NodeSet.of(0, 1)).inTouchSince(inTouch, 70));
    assertEquals(95, new QuorumRule(NodeSet.of(0, 1)).inTouchSince(inTouch, 95));
    times.remove(1);
    assertEquals(
        70, new QuorumRule(NodeSet.of(0, 1)).inTouchSince(inTouch, 70), "itself and the registry");
    assertEquals(
        MembershipLease.NEVER, new QuorumRule(NodeSet.of(1, 3, 4)).inTouchSince(inTouch, 70));
  }

  @Test
  void manyNodesDecideLikeFew() {
    QuorumRule even = new QuorumRule(NodeSet.ofFirst(200));
    assertTrue(even.registryVotes());
    assertEquals(101, even.quorum());
    assertTrue(even.isQuorum(NodeSet.ofFirst(100)));
    assertFalse(even.isMajority(NodeSet.ofFirst(100)));
    assertFalse(even.isQuorum(NodeSet.ofFirst(99)));
    assertEquals(100, even.inTouchSince(node -> node + 1, 0), "and the 100 above it");
  }
}
