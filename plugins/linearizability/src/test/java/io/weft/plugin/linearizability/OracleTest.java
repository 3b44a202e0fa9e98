// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.linearizability.RandomHistory.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.opensearch.cluster.coordination.LinearizabilityChecker;

/** Compares the checker with that of OpenSearch, and its three ways with each other. */
class OracleTest {
  private static final int HISTORIES = 10_000;
  private static final long BUDGET = 1_000_000;

  /** The register, said once more. */
  private static final class Register implements LinearizabilityChecker.SequentialSpec {
    private record State(long value, long version) {}

    @Override
    public Object initialState() {
      return new State(0, 0);
    }

    @Override
    public Optional<Object> nextState(Object current, Object input, Object output) {
      State state = (State) current;
      Operation told = (Operation) output;
      State next =
          told.kind() == Operation.Kind.READ
              ? state
              : new State(told.written(), state.version() + 1);
      boolean fits =
          (told.observed() == Operation.UNKNOWN || told.observed() == state.value())
              && (told.version() == Operation.UNKNOWN || told.version() == next.version());
      return fits ? Optional.of(next) : Optional.empty();
    }
  }

  private record Event(long time, boolean call, int index) {}

  @BeforeAll
  static void quietLogging() {
    // Without an implementation of Log4j its interface would complain on the console.
    System.setProperty("log4j.provider", "org.apache.logging.log4j.simple.internal.SimpleProvider");
  }

  @Test
  void agreesOnRandomHistories() {
    int good = 0;
    int decidedByVersions = 0;
    int decidedByZones = 0;
    for (int seed = 0; seed < HISTORIES; seed++) {
      List<Operation> history = history(seed);
      boolean expected = oracle(history);
      good += expected ? 1 : 0;
      assertEquals(expected, HistoryChecker.check(history).isGood(), "seed " + seed);
      assertEquals(expected, OrderSearch.check(history, BUDGET).isGood(), "search, seed " + seed);
      decidedByVersions += VersionOrder.decides(history) ? 1 : 0;
      decidedByZones += Zones.decides(history) ? 1 : 0;
    }
    assertTrue(good > HISTORIES / 10 && good < HISTORIES * 9 / 10, good + " good ones");
    assertTrue(decidedByVersions > HISTORIES / 10, decidedByVersions + " by versions");
    assertTrue(decidedByZones > HISTORIES / 10, decidedByZones + " by zones");
  }

  private static List<Operation> history(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Shape shape = Shape.values()[seed % Shape.values().length];
    int operations = seed % 250 == 0 ? 200 : 2 + random.nextInt(40);
    RandomHistory history = RandomHistory.of(shape, random, 2 + random.nextInt(4), operations, 30);
    for (int i = random.nextInt(3); i > 0; i--) {
      history.disturb();
    }
    return history.operations();
  }

  private static boolean oracle(List<Operation> operations) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      events.add(new Event(operations.get(i).invokeNs(), true, i));
      if (!operations.get(i).isOpen()) {
        events.add(new Event(operations.get(i).completeNs(), false, i));
      }
    }
    events.sort(Comparator.comparingLong(Event::time).thenComparing(event -> !event.call()));
    LinearizabilityChecker.History history = new LinearizabilityChecker.History();
    int[] ids = new int[operations.size()];
    for (Event event : events) {
      if (event.call()) {
        ids[event.index()] = history.invoke(operations.get(event.index()));
      } else {
        history.respond(ids[event.index()], operations.get(event.index()));
      }
    }
    return new LinearizabilityChecker().isLinearizable(new Register(), history, open -> open);
  }
}
