// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.linearizability.RandomHistory.Fault;
import io.weft.plugin.linearizability.RandomHistory.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HistoryCheckerTest {
  private static final int HISTORIES = 1000;

  @ParameterizedTest
  @EnumSource(Shape.class)
  void acceptsGoodHistories(Shape shape) {
    for (int seed = 0; seed < HISTORIES; seed++) {
      Verdict verdict = HistoryChecker.check(history(shape, seed).operations());
      assertEquals(Verdict.LINEARIZABLE, verdict, "seed " + seed);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Shape.class,
      mode = EnumSource.Mode.EXCLUDE,
      // A value that comes again can explain almost anything.
      names = "FEW_VALUES")
  void rejectsEachInjectedFault(Shape shape) {
    for (Fault fault : Fault.values()) {
      int rejected = 0;
      for (int seed = 0; rejected < HISTORIES; seed++) {
        RandomHistory history = history(shape, seed);
        if (history.inject(fault)) {
          int number = seed;
          assertInstanceOf(
              Verdict.Violation.class,
              HistoryChecker.check(history.operations()),
              () -> fault + ", seed " + number);
          rejected++;
        }
        assertTrue(seed < 2 * HISTORIES, () -> fault + " does not fit into these histories");
      }
    }
  }

  /** The example of the README. */
  @Test
  void aReadMayNotGoBackBehindAnother() {
    List<Operation> history =
        List.of(
            Operation.write(1, 7, Operation.UNKNOWN, 10, 40),
            Operation.read(2, 7, Operation.UNKNOWN, 20, 30),
            Operation.read(2, 0, Operation.UNKNOWN, 50, 60));

    assertInstanceOf(Verdict.Violation.class, HistoryChecker.check(history));
    assertEquals(Verdict.LINEARIZABLE, HistoryChecker.check(history.subList(0, 2)));
  }

  @Test
  void aWriteOfUnknownOutcomeMayHappenLateOrNever() {
    Operation open = Operation.write(1, 7, Operation.UNKNOWN, 0, 5).opened();

    assertGood(open, Operation.read(2, 0, 0, 10, 20));
    assertGood(open, Operation.read(2, 0, 0, 10, 20), Operation.read(2, 7, 1, 30, 40));
    assertBad(open, Operation.read(2, 7, 1, 10, 20), Operation.read(2, 0, 0, 30, 40));
  }

  @Test
  void aVersionThatNobodySawNeedsAWriteThatWasCalledInTime() {
    Operation later = Operation.write(2, 8, 2, 10, 20);

    assertBad(later);
    assertGood(later, Operation.write(1, 7, Operation.UNKNOWN, 15, 16).opened());
    assertGood(later, Operation.write(1, 7, Operation.UNKNOWN, 20, 21).opened());
    assertBad(later, Operation.write(1, 7, Operation.UNKNOWN, 21, 22).opened());
  }

  @Test
  void anAcknowledgedChangeThatIsGoneAfterwardsIsAViolation() {
    assertBad(
        Operation.update(1, 0, 7, 1, 0, 10),
        Operation.update(1, 7, 8, 2, 20, 30),
        Operation.read(2, 7, 1, 100, 110));
  }

  @Test
  void twoChangesOfOneVersionAreAViolation() {
    assertBad(Operation.update(1, 0, 7, 1, 0, 10), Operation.update(2, 0, 8, 1, 0, 10));
  }

  @Test
  void anEmptyHistoryIsGood() {
    assertGood();
  }

  @Test
  void aSearchThatIsGivenUpIsNoProof() {
    RandomHistory history = RandomHistory.of(Shape.UPDATES, new SplittableRandom(1), 4, 100, 0);

    Verdict verdict = OrderSearch.check(history.operations(), 5);

    assertInstanceOf(Verdict.Unknown.class, verdict);
  }

  @Test
  void findsTheBadBlocksAmongMany() {
    Map<Integer, List<Operation>> blocks = new HashMap<>();
    for (int block = 0; block < 50; block++) {
      RandomHistory history = history(Shape.VERSIONS, block);
      if (block % 10 == 3) {
        assertTrue(history.inject(Fault.STALE_READ));
      }
      blocks.put(block, history.operations());
    }

    assertEquals(Set.of(3, 13, 23, 33, 43), HistoryChecker.check(blocks).keySet());
  }

  @Test
  void longHistoriesAreNoSearch() {
    for (Shape shape : List.of(Shape.VALUES, Shape.VERSIONS)) {
      List<Operation> operations =
          new ArrayList<>(
              RandomHistory.of(shape, new SplittableRandom(5), 20, 100_000, 5).operations());
      assertTrue(HistoryChecker.check(operations).isGood());
    }
  }

  private static void assertGood(Operation... history) {
    assertEquals(Verdict.LINEARIZABLE, HistoryChecker.check(List.of(history)));
    assertEquals(Verdict.LINEARIZABLE, OrderSearch.check(List.of(history), 1000));
  }

  private static void assertBad(Operation... history) {
    assertInstanceOf(Verdict.Violation.class, HistoryChecker.check(List.of(history)));
    assertInstanceOf(Verdict.Violation.class, OrderSearch.check(List.of(history), 1000));
  }

  private static RandomHistory history(Shape shape, int seed) {
    return RandomHistory.of(shape, new SplittableRandom(seed), 2 + seed % 5, 80, 20);
  }
}
