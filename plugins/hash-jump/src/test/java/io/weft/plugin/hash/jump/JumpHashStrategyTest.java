// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.jump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.tck.HashStrategyContract;
import io.weft.spi.directory.Buckets;
import io.weft.spi.directory.HashStrategy;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract, the function of the paper, and what free slots cost. */
final class JumpHashStrategyTest extends HashStrategyContract {
  /** Five standard deviations of a share of the buckets. */
  private static final double NOISE = 0.01;

  private final JumpHashStrategy jump = new JumpHashStrategy();

  @Override
  protected HashStrategy strategy() {
    return new JumpHashStrategy();
  }

  @Override
  protected int mapOfThree() {
    return -2126685182;
  }

  @Override
  protected int mapOfWeights() {
    return -1109196923;
  }

  /**
   * The probability that a bucket's keys meet one of the slots that go, and are refused there,
   * before one is accepted.
   */
  @Override
  protected double movedBeside(View more, View less) {
    if (last(more).equals(last(less))) {
      return 0;
    }
    double range = Member.DEFAULT_WEIGHT;
    while (more.members().stream().mapToInt(Member::weight).max().orElseThrow() > range) {
      range *= 2;
    }
    double gone = last(more).id().value() - last(less).id().value();
    double refusing = gone - last(more).weight() / range;
    double accepting = more.members().stream().mapToInt(Member::weight).sum() / range;
    return refusing == 0 ? 0 : refusing / (refusing + accepting) + NOISE;
  }

  private static Member last(View view) {
    return view.members().getLast();
  }

  /** Values of other implementations of the paper. */
  @Test
  void slotsAreThoseOfThePaper() {
    assertEquals(0, JumpHashStrategy.slot(1, 1));
    assertEquals(43, JumpHashStrategy.slot(42, 57));
    assertEquals(0, JumpHashStrategy.slot(0xDEAD10CCL, 1));
    assertEquals(361, JumpHashStrategy.slot(0xDEAD10CCL, 666));
    assertEquals(520, JumpHashStrategy.slot(256, 1024));
  }

  @Test
  void aKeyStaysOrJumpsToTheNewSlot() {
    for (long key = -1_000; key < 1_000; key++) {
      for (int slots = 1; slots < 100; slots++) {
        int before = JumpHashStrategy.slot(key * 0x9E3779B97F4A7C15L, slots);
        int after = JumpHashStrategy.slot(key * 0x9E3779B97F4A7C15L, slots + 1);
        assertTrue(after == before || after == slots, "from " + before + " to " + after);
      }
    }
  }

  @Test
  void membersWithTheSameGapsBelowTheLastOneMoveTheirOwnBucketsOnly() {
    View view = viewOf(2, 3, 7, 20, 21);
    for (Member left : view.members().subList(0, 4)) {
      int[] before = jump.propose(view);
      int[] after = jump.propose(without(view, left));
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        assertTrue(before[bucket] == left.id().value() || before[bucket] == after[bucket]);
      }
    }
  }

  /** What the class page says about ids that are not consecutive is not too pessimistic. */
  @Test
  void aLastMemberFarFromTheOthersMovesNearlyEverything() {
    View near = viewOf(0, 1, 2, 3);
    View far = viewOf(0, 1, 2, 3, 60);
    int[] before = jump.propose(near);
    int[] after = jump.propose(far);
    long moved =
        IntStream.range(0, Buckets.COUNT)
            .filter(bucket -> before[bucket] != after[bucket] && after[bucket] != 60)
            .count();
    assertTrue(moved > Buckets.COUNT / 2, () -> moved + " buckets moved");
  }

  /** So few of the slots are taken that most buckets find none with their keys. */
  @Test
  void membersWithSparseIdsHaveTheirShares() {
    int last = NodeId.MAX;
    List<Member> members =
        List.of(
            new Member(new NodeId(1), "host", 1, 100),
            new Member(new NodeId(last - 1), "host", 2, 300),
            new Member(new NodeId(last), "host", 3, 100));
    View view = new View(Epoch.FIRST, members);
    int[] masters = jump.propose(view);
    for (Member member : members) {
      double due = Buckets.COUNT * member.weight() / 500.0;
      assertEquals(due, bucketsOf(member.id().value(), masters), 0.05 * due);
    }
    int[] after = jump.propose(without(view, members.getFirst()));
    for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
      assertTrue(masters[bucket] == 1 || masters[bucket] == after[bucket]);
    }
  }

  /** A heavy member takes buckets from the others and does not move any between them. */
  @Test
  void aHeavierWeightMovesBucketsToItsMemberOnly() {
    for (int weight : List.of(50, 99, 101, 150, 200, 201, 399, 1_000)) {
      int[] before = jump.propose(viewOfWeights(100, 40, 100));
      int[] after = jump.propose(viewOfWeights(100, weight, 100));
      for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
        assertTrue(before[bucket] == after[bucket] || after[bucket] == 1);
      }
    }
  }
}
