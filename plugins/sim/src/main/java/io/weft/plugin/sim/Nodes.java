// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.NodeId;
import io.weft.api.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The nodes of a cluster, in their present lives and all former ones. */
final class Nodes {
  /** All lives there ever were. */
  private final List<SimNode> lives = new ArrayList<>();

  private final Map<Life, SimNode> byLife = new HashMap<>();

  /** By node: its present life. */
  private final List<Optional<SimNode>> present = new ArrayList<>();

  /** Makes room for so many nodes, none of which has started. */
  Nodes(int count) {
    for (int node = 0; node < count; node++) {
      present.add(Optional.empty());
    }
  }

  /** A node has started: this is its present life. */
  void add(SimNode node) {
    lives.add(node);
    byLife.put(node.life(), node);
    present.set(node.id(), Optional.of(node));
  }

  /** All lives there ever were, the oldest first. */
  List<SimNode> lives() {
    return lives;
  }

  /** By node: its present life; empty before its first start. */
  List<Optional<SimNode>> present() {
    return present;
  }

  /** The present life of a node that has started. */
  SimNode node(int id) {
    return present.get(id).orElseThrow();
  }

  /** The node of a life. */
  SimNode of(Life life) {
    return Optional.ofNullable(byLife.get(life)).orElseThrow();
  }

  /** The present lives, of a cluster whose nodes have all started. */
  List<SimNode> all() {
    return present.stream().map(Optional::orElseThrow).toList();
  }

  /** Nodes whose process runs. */
  List<SimNode> alive() {
    return present.stream()
        .flatMap(Optional::stream)
        .filter(node -> !node.life().isDead())
        .toList();
  }

  /** The lives that a view names. */
  List<SimNode> livesOf(View view) {
    return lives.stream()
        .filter(node -> view.contains(new NodeId(node.id())))
        .filter(node -> view.incarnation(new NodeId(node.id())) == node.life().incarnation())
        .toList();
  }

  /** Whether a node may trust what it holds. */
  boolean isLeased(int id) {
    return present.get(id).map(each -> each.life().isLeased()).orElse(false);
  }

  /** The counters of all engines, added up. */
  Map<String, Long> counters() {
    Map<String, Long> sums = new TreeMap<>();
    for (SimNode each : lives) {
      each.metrics()
          .counters()
          .forEach((name, counter) -> sums.merge(name, counter.sum(), Long::sum));
    }
    return sums;
  }
}
