// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.spi.metrics.Counter;
import io.weft.spi.metrics.Metrics;

/** The node's counters of global locks. Thread-safe. */
final class LockCounters {
  final Counter localGrants;
  final Counter remoteGrants;
  final Counter conversions;
  final Counter refusals;
  final Counter timeouts;
  final Counter revocations;
  final Counter takenBack;
  final Counter lost;
  final Counter deadlocks;

  LockCounters(Metrics metrics) {
    localGrants = counter(metrics, "local-grants", "Requests granted without a message.");
    remoteGrants = counter(metrics, "remote-grants", "Requests granted by the lock's master.");
    conversions = counter(metrics, "conversions", "Requests granted to owners that held the lock.");
    refusals = counter(metrics, "refusals", "Requests refused because they may not wait.");
    timeouts = counter(metrics, "timeouts", "Requests that ended at a time-out or were cancelled.");
    revocations = counter(metrics, "revocations", "Grants of this node revoked by masters.");
    takenBack = counter(metrics, "taken-back", "Revocations that masters have taken back.");
    deadlocks = counter(metrics, "deadlocks", "Deadlocks found by this node as the detector.");
    lost = counter(metrics, "lost", "Values lost with a failed node, at this node as master.");
  }

  private static Counter counter(Metrics metrics, String name, String description) {
    return metrics.counter("locks." + name, description);
  }
}
