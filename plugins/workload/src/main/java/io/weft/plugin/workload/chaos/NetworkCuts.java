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

/** The current network cuts, each with its end. Used by one thread. */
final class NetworkCuts {
  private record Cut(List<NetworkLink> links, long untilNs) {}

  private final Supplier<NodeNetwork> network;
  private final Clock clock;
  private final List<Cut> inForce = new ArrayList<>();

  /**
   * Creates an empty set of cuts.
   *
   * @param network supplies the network when links are cut
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

  /** Restores the links of cuts that have ended; returns the number of these cuts. */
  int healDue(long nowNs) {
    List<Cut> due = inForce.stream().filter(cut -> nowNs - cut.untilNs() >= 0).toList();
    due.forEach(this::heal);
    return due.size();
  }

  /** Restores all links. */
  void healAll() {
    List.copyOf(inForce).forEach(this::heal);
  }

  private void heal(Cut cut) {
    network.get().heal(cut.links());
    inForce.remove(cut);
  }
}
