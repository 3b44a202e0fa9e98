// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.ScriptedConduct;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import java.util.HashMap;
import java.util.Map;

/** The leases that the scripted membership gives to its members. */
final class ScriptedLeases {
  private final Simulation simulation;
  private final ScriptedConduct conduct;
  private final RecoveryRules rules;
  private final Map<SimProcess, Long> leasedUntil = new HashMap<>();

  ScriptedLeases(Simulation simulation, ScriptedConduct conduct, RecoveryRules rules) {
    this.simulation = simulation;
    this.conduct = conduct;
    this.rules = rules;
  }

  /** A member gets its lease, or another one. */
  void grant(SimNode node) {
    leasedUntil.put(node.process(), simulation.now() + conduct.leaseNs());
    node.process().views().lease(node.process().bootTime() + conduct.leaseNs());
  }

  /** A member that leaves as planned has no lease any more. */
  void giveBack(SimNode node) {
    leasedUntil.put(node.process(), 0L);
  }

  /** Whether a node outside the view has certainly stopped. */
  boolean hasStopped(SimNode node) {
    return node.process().isDead()
        || !rules.waitsForLeases()
        || simulation.now() > leasedUntil.getOrDefault(node.process(), 0L) + conduct.marginNs();
  }
}
