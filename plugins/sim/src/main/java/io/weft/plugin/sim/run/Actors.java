// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.run;

import io.weft.plugin.sim.history.History;
import io.weft.plugin.sim.history.Holders;
import io.weft.plugin.sim.node.Nodes;
import io.weft.plugin.sim.node.SimNode;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.SimDisk;
import io.weft.plugin.sim.time.Simulation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The users of all nodes. They begin when their node becomes a member for the first time. */
public final class Actors {
  private final Simulation simulation;
  private final SimOptions options;
  private final History history;
  private final Holders holders;
  private final SimDisk disk;
  private final Progress progress;
  private final CommitChecks commits;
  private final Nodes nodes;
  private final Map<SimNode, List<Actor>> actors = new HashMap<>();

  public Actors(
      Simulation simulation,
      SimOptions options,
      History history,
      Holders holders,
      SimDisk disk,
      Progress progress,
      CommitChecks commits,
      Nodes nodes) {
    this.simulation = simulation;
    this.options = options;
    this.history = history;
    this.holders = holders;
    this.disk = disk;
    this.progress = progress;
    this.commits = commits;
    this.nodes = nodes;
  }

  /** A node has become a member: its users begin. */
  public void begin(SimNode node) {
    List<Actor> own = new ArrayList<>();
    actors.put(node, own);
    for (int i = 0; i < options.actors(); i++) {
      ActorChecks checks = new ActorChecks(simulation, options, history, holders, disk, node);
      int id = node.process().index() * options.actors() + i;
      Actor actor =
          new Actor(id, node, simulation, history, options.workload(), progress, commits, checks);
      own.add(actor);
      actor.rest();
    }
  }

  /** The users of a node. */
  List<Actor> of(SimNode node) {
    return actors.getOrDefault(node, List.of());
  }

  /** Whether no user of a living node waits for anything. */
  public boolean areAtRest() {
    return nodes.alive().stream().flatMap(node -> of(node).stream()).allMatch(Actor::isIdle);
  }

  /** A user of a running node that has waited for longer than this. */
  Optional<Actor> overdue(long limitNs) {
    return nodes.alive().stream()
        .filter(node -> node.process().isRunning())
        .flatMap(node -> of(node).stream())
        .filter(actor -> actor.isOverdue(simulation.now(), limitNs))
        .findFirst();
  }
}
