// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.chaos.OperationLine.Access;
import io.weft.plugin.workload.chaos.OperationLine.Announcement;
import io.weft.plugin.workload.chaos.OperationLine.Ending;
import io.weft.plugin.workload.shared.Json;
import io.weft.plugin.workload.shared.Violations;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RunHistoryTest {
  private final RunHistory history = new RunHistory(2);

  @Test
  void linesSurviveTheJourney() {
    OperationLine line =
        new OperationLine(
            5,
            Ending.OPEN,
            List.of(new Access(1, true, 7, 1L << 50, 9, 10, 11)),
            Optional.of(new Announcement(8, 12, List.of(0, 1))));

    assertEquals(
        line, OperationLine.from(Json.parse(Json.line(line.toEvent())).orElseThrow()).get());
  }

  @Test
  void aWriteAnnouncedByANodeThatDiedMayHaveHappened() {
    announce(0, 7, 1, 0);
    history.ended(0, 1);
    history.read(0, 7, 1, 50, 60);

    assertEquals(List.of(), judged());
    assertEquals(1, history.open());
    assertEquals(0, history.lostChanges(new long[] {1, 0}));
  }

  @Test
  void aWriteThatWasTakenBackHasNotHappened() {
    announce(0, 7, 1, 0);
    enter(0, new OperationLine(0, Ending.NOTHING, List.of(), Optional.empty()));
    history.ended(0, 1);
    history.read(0, 7, 1, 50, 60);

    assertEquals(1, judged().size());
  }

  @Test
  void anAcknowledgedChangeThatIsGoneIsLost() {
    announce(0, 7, 1, 0);
    write(0, new Access(0, true, 0, 7, 1, 2, 3));
    announce(0, 8, 4, 0);
    write(0, new Access(0, true, 7, 8, 2, 5, 6));
    history.read(0, 7, 1, 50, 60);

    assertEquals(1, judged().size());
    assertEquals(1, history.lostChanges(new long[] {1, 0}));
  }

  @Test
  void twoAcknowledgedChangesOfOneVersionAreALoss() {
    write(0, new Access(0, true, 0, 7, 1, 2, 3));
    write(1, new Access(0, true, 0, 8, 1, 2, 3));

    assertEquals(1, judged().size());
    assertEquals(1, history.lostChanges(new long[] {1, 0}));
  }

  @Test
  void halfOfAChangeIsFound() {
    announce(0, 7, 1, 0, 1);
    history.ended(0, 1);
    history.read(0, 7, 1, 50, 60);
    history.read(1, 0, 0, 50, 60);

    List<String> violations = judged();
    assertEquals(1, violations.size());
    assertTrue(violations.getFirst().contains("half"), violations::toString);
  }

  @Test
  void aWholeChangeOrNoneIsFine() {
    announce(0, 7, 1, 0, 1);
    announce(1, 8, 1, 0, 1);
    history.ended(0, 1);
    history.ended(1, 1);
    history.read(0, 7, 1, 50, 60);
    history.read(1, 7, 1, 50, 60);

    assertEquals(List.of(), judged());
  }

  @Test
  void theSecondHalfMayHaveBeenOverwritten() {
    announce(0, 7, 1, 0, 1);
    history.ended(0, 1);
    history.read(0, 7, 1, 50, 60);
    write(1, new Access(1, true, 7, 9, 2, 20, 30));

    assertEquals(List.of(), judged());
  }

  @Test
  void delaysOfPausedNodesSayNothing() {
    history.unsteady(0, 1);
    write(0, new Access(0, true, 0, 7, 1, 0, 1000));
    write(1, new Access(0, true, 7, 8, 2, 1000, 1100));

    assertEquals(OptionalDouble.of(1e-4), history.longestMillis());
  }

  private void announce(int node, long value, long sinceNs, Integer... blocks) {
    enter(
        node,
        new OperationLine(
            0,
            Ending.NOTHING,
            List.of(),
            Optional.of(new Announcement(value, sinceNs, List.of(blocks)))));
  }

  private void write(int node, Access access) {
    enter(node, new OperationLine(0, Ending.DONE, List.of(access), Optional.empty()));
  }

  private void enter(int node, OperationLine line) {
    history.enter(node, 1, line.toEvent());
  }

  private List<String> judged() {
    Violations violations = new Violations();
    history.judge(violations);
    return violations.first();
  }
}
