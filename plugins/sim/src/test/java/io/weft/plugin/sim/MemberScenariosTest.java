// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.storage.SimRegistry;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.MemberAnswer;
import io.weft.spi.membership.MemberChange;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures in the middle of a change of the members. */
final class MemberScenariosTest {
  private static final int MOMENTS = 8;

  private static Script cluster(int nodes) {
    Script script = Script.ofMembers(1, nodes);
    script.cluster.followMembers();
    for (int block = 0; block < 8; block++) {
      script.change(block % nodes, block);
    }
    return script;
  }

  private static SimRegistry registry(Script script) {
    return script.cluster.storage().registry();
  }

  private static long ask(Script script, MemberChange change) {
    return registry(script).requests().ask(change.encode(), 0);
  }

  private static Optional<MemberAnswer> answer(Script script, long number) {
    return registry(script).requests().answerTo(number).map(MemberAnswer::decode);
  }

  private static AgreedMembers agreed(Script script) {
    return registry(script).members().orElseThrow();
  }

  private static MemberChange add(int node) {
    return MemberChange.add(new Member(new NodeId(node), "nowhere", 9));
  }

  /** How many steps a change takes from the request to its answer. */
  private static int stepsOfAChange() {
    try (Script script = cluster(4)) {
      long number = ask(script, add(4));
      int steps = 0;
      while (answer(script, number).isEmpty()) {
        script.steps(1);
        steps++;
      }
      return steps;
    }
  }

  /** Between the question to the registry, the record, its announcement and the answer. */
  @Test
  void aLeaderThatDiesAtAnyStepOfAChangeLeavesNothingOpen() {
    int all = stepsOfAChange();
    for (int moment = 0; moment <= MOMENTS; moment++) {
      try (Script script = cluster(4)) {
        long number = ask(script, add(4));
        script.steps(moment * all / MOMENTS);
        script.kill(0);
        script.until(() -> answer(script, number).isPresent());
        MemberAnswer answer = answer(script, number).orElseThrow();
        assertTrue(answer.isDone(), answer::text);
        assertEquals(1, agreed(script).list().version(), "it is done once");
        script.settle();
        for (int block = 0; block < 8; block++) {
          script.change(1, block);
        }
      }
    }
  }

  /**
   * Four nodes run; a fifth member does not. Two halves are none a quorum of five, but one is of
   * four, with the registry. Whatever of the change is done when they lose each other, no two sides
   * go on, and the last record says which one may.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoHalvesNeverGoOnBothWhileTheListChanges(boolean removes) {
    int all = stepsOfAChange();
    for (int moment = 0; moment <= MOMENTS; moment++) {
      try (Script script = cluster(4)) {
        if (removes) {
          long added = ask(script, add(4));
          script.until(() -> answer(script, added).isPresent());
        }
        ask(script, removes ? MemberChange.remove(new NodeId(4)) : add(4));
        script.steps(moment * all / MOMENTS);
        for (int left = 0; left < 2; left++) {
          for (int right = 2; right < 4; right++) {
            script.cluster.network().cut(left, right);
            script.cluster.network().cut(right, left);
          }
        }
        script.run(10_000 * Script.MS);
        List<Integer> alive =
            script.cluster.nodes().alive().stream()
                .filter(node -> node.process().views().leaseHolds())
                .map(SimNode::id)
                .toList();
        int members = agreed(script).list().members().size();
        assertTrue(
            members == 5
                ? alive.isEmpty()
                : alive.equals(List.of(0, 1)) || alive.equals(List.of(2, 3)),
            () -> alive + " of " + members + " members go on");
      }
    }
  }
}
