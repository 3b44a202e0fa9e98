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
 * The parameters of a chaos run.
 *
 * @param length duration of the work
 * @param seed seed of the injected faults
 * @param rate operations per second, by all nodes together
 * @param blocks number of shared blocks
 * @param threads of each node
 * @param lease membership lease of the nodes
 * @param faults the kinds of injected faults; none: the quorum is broken once
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

  /** The actions that the nemesis may take. */
  Set<Deed> deeds() {
    return Fault.deeds(faults);
  }

  /** Whether links of the network may be cut. */
  boolean cuts() {
    return faults.contains(Fault.CUT);
  }

  /** Lines of configuration that the nodes need for the faults. */
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
