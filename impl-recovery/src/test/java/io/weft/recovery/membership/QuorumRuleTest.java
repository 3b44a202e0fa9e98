// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Every split of 1 to 7 electors. */
final class QuorumRuleTest {
  @Test
  void numbersOfVotes() {
    int[] votes = {1, 3, 3, 5, 5, 7, 7};
    int[] quorum = {1, 2, 2, 3, 3, 4, 4};
    for (int nodes = 1; nodes <= 7; nodes++) {
      QuorumRule rule = new QuorumRule((1L << nodes) - 1);
      assertEquals(votes[nodes - 1], rule.votes());
      assertEquals(quorum[nodes - 1], rule.quorum());
    }
  }

  /** Both may be one of two only by the registry's vote, and it has one for each epoch. */
  @Test
  void twoDisjointSetsAreQuorateOnlyIfBothNeedTheRegistry() {
    for (int nodes = 1; nodes <= 7; nodes++) {
      long all = (1L << nodes) - 1;
      QuorumRule rule = new QuorumRule(all);
      for (long one = 0; one <= all; one++) {
        long other = all & ~one;
        if (rule.isQuorum(one) && rule.isQuorum(other)) {
          assertTrue(rule.registryVotes());
          assertEquals(Long.bitCount(one), Long.bitCount(other));
          assertTrue(Long.bitCount(one) < rule.quorum(), "enough without the registry");
          assertTrue(Long.bitCount(other) < rule.quorum(), "enough without the registry");
        }
        assertTrue(rule.isQuorum(one) || rule.isQuorum(other), "nobody could go on");
      }
    }
  }

  @Test
  void aMajorityIsQuorateAndAMinorityIsNot() {
    for (int nodes = 1; nodes <= 7; nodes++) {
      long all = (1L << nodes) - 1;
      QuorumRule rule = new QuorumRule(all);
      for (long some = 0; some <= all; some++) {
        int here = Long.bitCount(some);
        if (2 * here > nodes) {
          assertTrue(rule.isQuorum(some));
        } else if (2 * here < nodes) {
          assertFalse(rule.isQuorum(some));
        } else {
          assertTrue(rule.isQuorum(some), "half of them, with the registry");
        }
      }
    }
  }

  @Test
  void strangersDoNotVote() {
    QuorumRule rule = new QuorumRule(0b0111);
    assertFalse(rule.isQuorum(0b1111_1001));
    assertTrue(rule.isQuorum(0b1011));
  }

  @Test
  void inTouchSinceIsTheNewestTimeOfAQuorum() {
    long[] times = new long[64];
    Arrays.fill(times, MembershipLease.NEVER);
    times[0] = 100;
    times[1] = 90;
    times[2] = 80;
    assertEquals(90, new QuorumRule(0b111).inTouchSince(times, 0));
    assertEquals(90, new QuorumRule(0b11).inTouchSince(times, 70));
    assertEquals(95, new QuorumRule(0b11).inTouchSince(times, 95));
    times[1] = MembershipLease.NEVER;
    assertEquals(70, new QuorumRule(0b11).inTouchSince(times, 70), "itself and the registry");
    assertEquals(MembershipLease.NEVER, new QuorumRule(0b11010).inTouchSince(times, 70));
  }
}
