// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.storage.SimCoreLog;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.spi.redo.LogId;

/** Tells the history which redo logs there are, and what becomes of them. */
public final class LogHistory {
  private final Nodes nodes;
  private final History history;
  private final SimDisk disk;

  public LogHistory(Nodes nodes, History history, SimDisk disk) {
    this.nodes = nodes;
    this.history = history;
    this.disk = disk;
  }

  /** A node has started, with an empty log. */
  public void begin(SimNode node) {
    history.begin(node.process(), node.log());
  }

  /** Nothing is added to the log of a node any more. */
  public void seal(SimNode node) {
    if (!node.log().isEnded()) {
      node.log().end();
      history.truncate(node.process(), node.log().durableLsn());
    }
  }

  /** A log was sealed on its device. */
  public void onSealed(LogId log) {
    for (SimNode node : nodes.everStarted()) {
      if (isOf(node, log)) {
        seal(node);
      }
    }
  }

  /** A log was deleted on its device. */
  public void onDeleted(LogId log) {
    for (SimNode node : nodes.everStarted()) {
      if (isOf(node, log)) {
        ((SimCoreLog) node.log()).forgetAll();
        checkKept();
      }
    }
  }

  private static boolean isOf(SimNode node, LogId log) {
    return node.id() == log.node() && node.process().incarnation() == log.incarnation();
  }

  /** Redo has gone, or blocks have: what is durable must be in one of them. */
  public void checkKept() {
    history.checkKept(disk);
  }
}
