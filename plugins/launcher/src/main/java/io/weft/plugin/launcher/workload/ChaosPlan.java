// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.workload;

import io.weft.plugin.launcher.workload.Nemesis.Deed;
import java.time.Duration;
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
 * @param deeds what may be done to nodes; none: the quorum is broken once
 */
record ChaosPlan(
    Duration length,
    long seed,
    int rate,
    int blocks,
    int threads,
    Duration lease,
    Set<Deed> deeds) {
  /** Copies the set. */
  ChaosPlan {
    deeds = Set.copyOf(deeds);
  }

  boolean breaksQuorum() {
    return deeds.isEmpty();
  }
}
