// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import io.weft.plugin.workload.chaos.Nemesis.Deed;
import io.weft.plugin.workload.fleet.RunDirectory;
import io.weft.plugin.workload.shared.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a chaos run is like.
 *
 * @param length how long the nodes work
 * @param seed of what is done to the nodes
 * @param rate operations in a second, by all nodes together
 * @param blocks how many they share
 * @param threads of each node
 * @param lease of the nodes
 * @param faults what may be done to nodes; none: the quorum is broken once
 */
public record ChaosPlan(
    Duration length,
    long seed,
    int rate,
    int blocks,
    int threads,
    Duration lease,
    Set<Fault> faults) {
  /** Copies the set. */
  public ChaosPlan {
    faults = Set.copyOf(faults);
  }

  boolean breaksQuorum() {
    return faults.isEmpty();
  }

  /** What may be done to nodes, kind by kind. */
  Set<Deed> deeds() {
    return Fault.deeds(faults);
  }

  /** Whether links of the network may be cut. */
  boolean cuts() {
    return faults.contains(Fault.CUT);
  }

  /** Lines of configuration that the nodes need for it. */
  List<String> settings() {
    List<String> lines = new ArrayList<>();
    lines.add("weft.membership.lease = " + lease.toMillis() + " ms");
    if (faults.stream().anyMatch(Fault::needsPlugin)) {
      lines.add("weft.faults.plugin = faulty");
    }
    if (faults.contains(Fault.POWER)) {
      lines.add(
          "weft.faults.faulty.journal = ${weft.store.file.directory}"
              + Json.quoted(RunDirectory.UNDO));
    }
    if (faults.contains(Fault.CLOCK)) {
      lines.add("weft.faults.faulty.wall-skew = 1 h");
    }
    return lines;
  }
}
