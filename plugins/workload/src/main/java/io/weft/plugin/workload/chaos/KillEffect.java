// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.chaos.ChaosNode.State;
import io.weft.plugin.workload.fleet.Fleet;
import io.weft.plugin.workload.shared.Clock;
import io.weft.plugin.workload.shared.Json;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Measures the effect of a kill on the other nodes, if it happens in a calm cluster and no other
 * fault follows meanwhile. Used by one thread.
 */
final class KillEffect {
  private record Kill(Set<Integer> victims, long atNs) {}

  private final Fleet fleet;
  private final ChaosNodes nodes;
  private final ChaosFigures figures;
  private final Clock clock;

  /** The kill whose effect is being measured. */
  private Optional<Kill> measured = Optional.empty();

  /** The victims of the kill whose effect was measured last. */
  private Set<Integer> feltVictims = Set.of();

  KillEffect(Fleet fleet, ChaosNodes nodes, ChaosFigures figures, Clock clock) {
    this.fleet = fleet;
    this.nodes = nodes;
    this.figures = figures;
    this.clock = clock;
  }

  /** A kill is about to happen in a calm cluster. */
  void begin(Collection<Integer> victims) {
    measured = Optional.of(new Kill(Set.copyOf(victims), clock.nanoTime()));
  }

  /** Another fault was injected: later measurements are not the effect of the kill alone. */
  void drop() {
    measured = Optional.empty();
  }

  /**
   * After a kill, requests the measurements of the other nodes once they have completed the view.
   */
  void feel() {
    if (measured.isEmpty() || !nodes.isCalm()) {
      return;
    }
    Kill kill = measured.get();
    fleet
        .recovery()
        .completedNs(kill.atNs())
        .ifPresent(at -> figures.recovered((at - kill.atNs()) / 1e6));
    nodes.in(State.WORKING).forEach(node -> fleet.tell(node, Json.command("feel")));
    feltVictims = kill.victims();
    measured = Optional.empty();
  }

  /** A node has reported its measurements. */
  void felt(ObjectNode body) {
    for (int master = 0; master < nodes.count(); master++) {
      JsonNode longest = body.path("longestMicros").path(master);
      if (longest.isNumber() && !feltVictims.contains(master)) {
        figures.stalled(longest.asLong());
      }
    }
  }
}
