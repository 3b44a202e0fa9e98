// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

import io.weft.plugin.sim.node.LogHistory;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.storage.NodeLog;
import java.util.ArrayList;
import java.util.List;

/** Logs of nodes outside the view, until their redo is on disk. */
final class RedoPool {
  private final LogHistory logs;
  private final List<NodeLog> pool = new ArrayList<>();
  private long deleted;

  RedoPool(LogHistory logs) {
    this.logs = logs;
  }

  boolean contains(NodeLog log) {
    return pool.contains(log);
  }

  /** A node is shut out: its log is sealed, and kept. */
  void add(SimNode node) {
    logs.seal(node);
    pool.add(node.log());
  }

  /** The logs that are kept now. */
  List<NodeLog> kept() {
    return List.copyOf(pool);
  }

  /** The redo of these logs is on disk: they go. */
  void delete(List<NodeLog> written) {
    for (NodeLog log : written) {
      log.delete();
      deleted++;
    }
    pool.removeAll(written);
    logs.checkKept();
  }

  /** How many logs have gone. */
  long deleted() {
    return deleted;
  }
}
