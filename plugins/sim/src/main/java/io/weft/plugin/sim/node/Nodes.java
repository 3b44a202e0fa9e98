// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.node;

import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.plugin.sim.time.SimProcess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The nodes of a cluster: one object for each process that a node has had. */
public final class Nodes {
  /** One node for each process there ever was, the oldest first. */
  private final List<SimNode> everStarted = new ArrayList<>();

  private final Map<SimProcess, SimNode> byProcess = new HashMap<>();

  /** By node: its present process. */
  private final List<Optional<SimNode>> present = new ArrayList<>();

  /** Makes room for so many nodes, none of which has started. */
  public Nodes(int count) {
    for (int node = 0; node < count; node++) {
      present.add(Optional.empty());
    }
  }

  /** A node has started: this is its present process. */
  public void add(SimNode node) {
    everStarted.add(node);
    byProcess.put(node.process(), node);
    present.set(node.id(), Optional.of(node));
  }

  /** One node for each process there ever was, the oldest first. */
  public List<SimNode> everStarted() {
    return everStarted;
  }

  /** By node: its present process; empty before its first start. */
  public List<Optional<SimNode>> present() {
    return present;
  }

  /** The present process of a node that has started. */
  public SimNode node(int id) {
    return present.get(id).orElseThrow();
  }

  /** The node that runs in a process. */
  public SimNode of(SimProcess process) {
    return Optional.ofNullable(byProcess.get(process)).orElseThrow();
  }

  /** The nodes in their present processes, of a cluster whose nodes have all started. */
  public List<SimNode> all() {
    return present.stream().map(Optional::orElseThrow).toList();
  }

  /** Nodes whose process runs. */
  public List<SimNode> alive() {
    return present.stream()
        .flatMap(Optional::stream)
        .filter(node -> !node.process().isDead())
        .toList();
  }

  /** The nodes of a view, in the incarnations that it names. */
  public List<SimNode> nodesOf(View view) {
    return everStarted.stream()
        .filter(node -> view.contains(new NodeId(node.id())))
        .filter(node -> view.incarnation(new NodeId(node.id())) == node.process().incarnation())
        .toList();
  }

  /** Whether a node may trust what it holds. */
  public boolean isLeased(int id) {
    return present.get(id).map(each -> each.process().isLeased()).orElse(false);
  }

  /** The counters of all engines, added up. */
  public Map<String, Long> counters() {
    Map<String, Long> sums = new TreeMap<>();
    for (SimNode each : everStarted) {
      each.metrics()
          .counters()
          .forEach((name, counter) -> sums.merge(name, counter.sum(), Long::sum));
    }
    return sums;
  }

  /** How many buckets all nodes that ever started have handed over because of the policy. */
  public long movedByPolicy() {
    return everStarted().stream()
        .mapToLong(node -> node.cache().mastery().statistics().movesOut())
        .sum();
  }
}
