// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.workload.chaos.Nemesis.Act;
import io.weft.plugin.workload.chaos.Nemesis.Deed;
import io.weft.plugin.workload.network.NetworkLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NemesisTest {
  private static final Duration LEASE = Duration.ofSeconds(3);
  private static final long TICK_NS = 50_000_000;

  @Test
  void knowsHowManyMayBeMissing() {
    assertEquals(
        List.of(1, 1, 2, 2, 3), IntStream.of(2, 3, 4, 5, 6).mapToObj(Nemesis::mostAbsent).toList());
  }

  @Test
  void leavesAQuorumAndDoesEverythingInTheEnd() {
    Set<Deed> seen = new HashSet<>();
    int pairs = 0;
    int fullForAll = 0;
    for (int nodes = 2; nodes <= 5; nodes++) {
      for (Act act : acts(nodes, EnumSet.allOf(Deed.class), 0)) {
        seen.add(act.deed());
        boolean forAll = act.deed() == Deed.DISK_FULL && act.nodes().size() == nodes;
        assertTrue(act.deed().cuts() || forAll || act.nodes().size() <= Nemesis.mostAbsent(nodes));
        fullForAll += forAll ? 1 : 0;
        assertEquals(act.nodes().size(), new HashSet<>(act.nodes()).size());
        pairs += act.nodes().size() == 2 ? 1 : 0;
      }
    }
    assertEquals(EnumSet.allOf(Deed.class), seen);
    assertTrue(pairs > 0);
    assertTrue(fullForAll > 0, "storage that is full for all");
  }

  @Test
  void pausesAreClearlyShorterOrLongerThanTheLease() {
    for (Act act : acts(3, Set.of(Deed.PAUSE_SHORT, Deed.PAUSE_LONG), 0)) {
      int order = act.length().compareTo(LEASE);
      assertTrue(act.deed() == Deed.PAUSE_LONG ? order > 0 : order < 0, act::toString);
    }
  }

  @Test
  void cutsPartTwoNodesOrFewFromManyInOneDirectionOrBoth() {
    Set<String> seen = new HashSet<>();
    for (int nodes = 2; nodes <= 5; nodes++) {
      for (Act act : acts(nodes, Set.of(Deed.CUT_SHORT, Deed.CUT_LONG), 0)) {
        Set<NetworkLink> links = new HashSet<>(act.links());
        Set<NetworkLink> pairs = new HashSet<>();
        links.forEach(link -> pairs.add(link.from() < link.to() ? link : link.reversed()));
        boolean bothWays = links.size() == 2 * pairs.size();
        assertTrue(bothWays || links.size() == pairs.size());
        assertTrue(
            pairs.stream()
                .allMatch(
                    link -> act.nodes().contains(link.from()) || act.nodes().contains(link.to())),
            act::toString);
        int largest = Nemesis.mostAbsent(nodes) * (nodes - Nemesis.mostAbsent(nodes));
        assertTrue(pairs.size() <= Math.max(largest, nodes - 1), act::toString);
        seen.add((bothWays ? "both, " : "one, ") + (pairs.size() == 1 ? "pair" : "group"));
        seen.add(act.patient() ? "patient" : "restless");
      }
    }
    assertEquals(
        Set.of("both, pair", "one, pair", "both, group", "one, group", "patient", "restless"),
        seen);
  }

  @Test
  void inATieAnybodyMayStopForACut() {
    for (Act act : acts(2, Set.of(Deed.CUT_LONG), 0)) {
      assertEquals(Set.of(0, 1), new HashSet<>(act.nodes()));
    }
  }

  @Test
  void whenNobodyMayBeMissedOnlyThoseOnTheirWayAreKilled() {
    List<Act> acts = acts(3, EnumSet.allOf(Deed.class), 1);

    assertEquals(1, acts.size(), "once on each way");
    assertEquals(Deed.KILL, acts.getFirst().deed());
    assertEquals(List.of(0), acts.getFirst().nodes());
  }

  @Test
  void theSameSeedDoesTheSame() {
    assertEquals(acts(5, EnumSet.allOf(Deed.class), 1), acts(5, EnumSet.allOf(Deed.class), 1));
  }

  @Test
  void breaksTheQuorumOfTheOthers() {
    Nemesis nemesis = new Nemesis(1, 5, Set.of(), LEASE);

    assertEquals(3, new HashSet<>(nemesis.tooMany(List.of(0, 1, 2, 3, 4))).size());
  }

  /** What is done in ten minutes, if the first nodes are always starting. */
  private static List<Act> acts(int nodes, Set<Deed> deeds, int starting) {
    Nemesis nemesis = new Nemesis(42, nodes, deeds, LEASE);
    nemesis.begin(0);
    List<Act> acts = new ArrayList<>();
    List<Integer> all = IntStream.range(0, nodes).boxed().toList();
    for (int tick = 0; tick < 12_000; tick++) {
      Optional<Act> act =
          nemesis.next(
              tick * TICK_NS,
              all.subList(starting, nodes),
              all.subList(0, starting),
              starting,
              tick % 200 > 180);
      act.ifPresent(acts::add);
    }
    return acts;
  }
}
