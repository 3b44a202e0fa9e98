// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.plugin.sim.history.LockHistory;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.time.Simulation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The users of locks at all nodes. They begin when their node becomes a member. */
public final class LockUsers {
  private final Simulation simulation;
  private final LockWorkload workload;
  private final LockHistory history;
  private final Progress progress;
  private final Nodes nodes;
  private final Map<SimNode, List<LockUser>> users = new HashMap<>();
  private long ids;

  /** Nobody uses a lock yet. */
  public LockUsers(
      Simulation simulation,
      LockWorkload workload,
      LockHistory history,
      Progress progress,
      Nodes nodes) {
    this.simulation = simulation;
    this.workload = workload;
    this.history = history;
    this.progress = progress;
    this.nodes = nodes;
  }

  /** A node has become a member: its users begin. */
  public void begin(SimNode node) {
    List<LockUser> own = new ArrayList<>();
    users.put(node, own);
    for (int i = 0; i < workload.users(); i++) {
      LockUser user = new LockUser(++ids, node, simulation, workload, history, progress);
      own.add(user);
      user.rest();
    }
  }

  /** Whether no user of a living node waits for anything or holds a lock. */
  public boolean areAtRest() {
    return nodes.alive().stream().flatMap(node -> of(node).stream()).allMatch(LockUser::isIdle);
  }

  /** A user of a running node that has waited for longer than this. */
  Optional<LockUser> overdue(long limitNs) {
    return nodes.alive().stream()
        .filter(node -> node.process().isRunning())
        .flatMap(node -> of(node).stream())
        .filter(user -> user.isOverdue(simulation.now(), limitNs))
        .findFirst();
  }

  private List<LockUser> of(SimNode node) {
    return users.getOrDefault(node, List.of());
  }
}
