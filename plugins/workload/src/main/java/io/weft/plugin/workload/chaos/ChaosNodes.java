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

  /** All nodes of a fleet, about to start. */
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

  /** A node is in another state from now on. */
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

  /** Whether all nodes that work have completed a view of just those that are there. */
  boolean isCalm() {
    return in(State.AWAKE, State.AILING).isEmpty()
        && in(State.WORKING).size() >= count() - Nemesis.mostAbsent(count()) // storage full for all
        && fleet
            .recovery()
            .isSettled(
                in(State.WORKING), in(State.PAUSED, State.LEAVING, State.ENDING, State.DOWN));
  }
}
