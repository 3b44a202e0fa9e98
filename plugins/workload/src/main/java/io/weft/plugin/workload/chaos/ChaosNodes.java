// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.chaos.ChaosNode.State;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.shared.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The nodes of a chaos run. Used by one thread. */
final class ChaosNodes {
  private final Fleet fleet;
  private final Clock clock;
  private final List<ChaosNode> nodes;

  /** Creates the states of all nodes of a fleet, before their start. */
  ChaosNodes(Fleet fleet, Clock clock) {
    this.fleet = fleet;
    this.clock = clock;
    nodes = Stream.generate(ChaosNode::new).limit(fleet.nodes()).toList();
  }

  int count() {
    return nodes.size();
  }

  ChaosNode get(int node) {
    return nodes.get(node);
  }

  List<ChaosNode> all() {
    return nodes;
  }

  /** Moves a node to another state. */
  void enter(int node, State state) {
    get(node).enter(state, clock.nanoTime());
  }

  /** A node's pause, fault or absence lasts so long from now on. */
  void hold(int node, Duration length) {
    get(node).until(clock.nanoTime() + length.toNanos());
  }

  /** The nodes in one of these states. */
  List<Integer> in(State... states) {
    Set<State> wanted = Set.of(states);
    return IntStream.range(0, count())
        .filter(node -> wanted.contains(get(node).state()))
        .boxed()
        .toList();
  }

  /** Whether every node works. */
  boolean allWork() {
    return in(State.WORKING).size() == count();
  }

  /** Whether all working nodes have completed a view of exactly the present nodes. */
  boolean isCalm() {
    return in(State.AWAKE, State.AILING).isEmpty()
        && in(State.WORKING).size() >= count() - Nemesis.mostAbsent(count()) // storage full for all
        && fleet
            .recovery()
            .isSettled(
                in(State.WORKING), in(State.PAUSED, State.LEAVING, State.ENDING, State.DOWN));
  }
}
