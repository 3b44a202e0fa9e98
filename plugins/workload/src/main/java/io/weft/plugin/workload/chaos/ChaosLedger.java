// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.plugin.workload.shared.Clock;

/**
 * Receives the nodes' reports of their operations on the thread on which they arrive; an operation
 * counts as acknowledged from then on. Thread-safe.
 */
final class ChaosLedger {
  /** Seconds recorded beyond the length of the run, for start, recoveries and end. */
  private static final int MORE_SECONDS = 600;

  private final RunHistory history;
  private final Throughput throughput;
  private final Clock clock;

  /** Creates an empty ledger. */
  ChaosLedger(ChaosPlan plan, Clock clock) {
    history = new RunHistory(plan.blocks());
    throughput = new Throughput((int) plan.length().toSeconds() + MORE_SECONDS);
    this.clock = clock;
  }

  /** Records an event if it is about operations; returns whether it was. */
  boolean enter(int node, int life, ObjectNode event) {
    int completed = history.enter(node, life, event);
    if (completed > 0) {
      throughput.add(clock.nanoTime(), completed);
    }
    return completed >= 0;
  }

  /** The cluster is disturbed at this moment. */
  void disturb() {
    throughput.disturb(clock.nanoTime());
  }

  RunHistory history() {
    return history;
  }

  Throughput throughput() {
    return throughput;
  }
}
