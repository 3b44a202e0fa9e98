// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.network.NetworkLink;
import io.weft.plugin.workload.network.NodeNetwork;
import io.weft.plugin.workload.shared.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The cuts that are in force, each until its time is over. Used by one thread. */
final class NetworkCuts {
  private record Cut(List<NetworkLink> links, long untilNs) {}

  private final Supplier<NodeNetwork> network;
  private final Clock clock;
  private final List<Cut> inForce = new ArrayList<>();

  /**
   * Cuts nothing yet.
   *
   * @param network asked for when something is cut
   */
  NetworkCuts(Supplier<NodeNetwork> network, Clock clock) {
    this.network = network;
    this.clock = clock;
  }

  /** Cuts links for so long from now on. */
  void begin(List<NetworkLink> links, Duration length) {
    long untilNs = clock.nanoTime() + length.toNanos();
    network.get().cut(links);
    inForce.add(new Cut(links, untilNs));
  }

  /** Heals what was to be cut until now; returns how many cuts that were. */
  int healDue(long nowNs) {
    List<Cut> due = inForce.stream().filter(cut -> nowNs - cut.untilNs() >= 0).toList();
    due.forEach(this::heal);
    return due.size();
  }

  /** Heals everything. */
  void healAll() {
    List.copyOf(inForce).forEach(this::heal);
  }

  private void heal(Cut cut) {
    network.get().heal(cut.links());
    inForce.remove(cut);
  }
}
