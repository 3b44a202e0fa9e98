// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.cluster;

import io.weft.api.WeftException;
import io.weft.plugin.sim.node.LogHistory;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.Faults;
import io.weft.plugin.sim.time.Delay;
import io.weft.plugin.sim.time.Simulation;

/**
 * Takes checkpoints of nodes whose membership is the scripted one; the engine's own sees to that
 * itself.
 */
public final class Checkpoints {
  private final Simulation simulation;
  private final Faults faults;
  private final LogHistory logs;
  private final NodeLifecycle lifecycle;
  private int made;

  public Checkpoints(
      Simulation simulation, Faults faults, LogHistory logs, NodeLifecycle lifecycle) {
    this.simulation = simulation;
    this.faults = faults;
    this.logs = logs;
    this.lifecycle = lifecycle;
  }

  /** How many checkpoints there were. */
  public int made() {
    return made;
  }

  /** A node has become a member for the first time. */
  public void begin(SimNode node) {
    if (faults.checkpoint() != Delay.NONE && faults.clusterMembership().isEmpty()) {
      later(node);
    }
  }

  private void later(SimNode node) {
    simulation.schedule(
        faults.checkpoint(),
        node.process(),
        () -> {
          if (!node.process().isStopped() && !node.isLeaving()) {
            take(node);
            later(node);
          }
        });
  }

  private void take(SimNode node) {
    try {
      long lsn = node.log().beginCheckpoint();
      node.cache()
          .checkpoint()
          .whenComplete(
              (nothing, error) -> {
                if (error == null) {
                  simulation.schedule(0, node.process(), () -> end(node, lsn));
                }
              });
    } catch (WeftException e) {
      lifecycle.failed(node, e);
    }
  }

  private void end(SimNode node, long lsn) {
    if (node.process().isStopped()) {
      return;
    }
    try {
      node.log().endCheckpoint(lsn);
      made++;
    } catch (WeftException e) {
      lifecycle.failed(node, e);
    }
    logs.checkKept();
  }
}
