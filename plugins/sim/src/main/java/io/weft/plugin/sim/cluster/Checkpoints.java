// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.WeftException;

/**
 * Takes checkpoints of nodes whose membership is the scripted one; the engine's own sees to that
 * itself.
 */
final class Checkpoints {
  private final Simulation simulation;
  private final Faults faults;
  private final LogHistory logs;
  private final NodeLifecycle lifecycle;
  private int made;

  Checkpoints(Simulation simulation, Faults faults, LogHistory logs, NodeLifecycle lifecycle) {
    this.simulation = simulation;
    this.faults = faults;
    this.logs = logs;
    this.lifecycle = lifecycle;
  }

  /** How many checkpoints there were. */
  int made() {
    return made;
  }

  /** A node has become a member for the first time. */
  void begin(SimNode node) {
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
