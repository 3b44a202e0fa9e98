// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.NodeSet;
import io.weft.api.RecoveryPhase;
import io.weft.plugin.workload.shared.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Follows the view changes of a cluster from the events of its nodes. Used by one thread. */
public final class RecoveryWatch {
  /** The event in which a node reports a step. */
  static final String EVENT = "recovery";

  /** A step of a view change, seen on a node. */
  private record Step(int node, long epoch, RecoveryPhase phase, NodeSet members, long atNs) {}

  private final Map<Integer, Step> last = new TreeMap<>();
  private final List<Step> steps = new ArrayList<>();

  /** Records an event if it is about a step; returns whether it was. */
  boolean enter(NodeEvent event) {
    if (!event.name().equals(EVENT)) {
      return false;
    }
    ObjectNode body = event.body();
    Step step =
        new Step(
            event.node(),
            body.path("epoch").asLong(),
            RecoveryPhase.valueOf(Json.text(body, "phase")),
            Json.nodes(body, "members"),
            event.atNs());
    last.put(event.node(), step);
    steps.add(step);
    return true;
  }

  /** A node has ended: drops its last event. */
  public void forget(int node) {
    last.remove(node);
  }

  /** Whether the last event of a node reports a complete view change. */
  boolean isComplete(int node) {
    return Optional.ofNullable(last.get(node))
        .filter(step -> step.phase() == RecoveryPhase.COMPLETE)
        .isPresent();
  }

  /**
   * Whether all these nodes have completed the same view, with all of them and none of the others
   * as members.
   */
  public boolean isSettled(Collection<Integer> nodes, Collection<Integer> others) {
    NodeSet with = setOf(nodes);
    NodeSet without = setOf(others);
    return nodes.stream().allMatch(this::isComplete)
        && nodes.stream().map(node -> last.get(node).epoch()).distinct().count() <= 1
        && nodes.stream()
            .map(node -> last.get(node).members())
            .allMatch(members -> members.containsAll(with) && !members.intersects(without));
  }

  /** Whether a view change is in progress on one of these nodes. */
  public boolean isRecovering(Collection<Integer> nodes) {
    return nodes.stream().anyMatch(node -> last.containsKey(node) && !isComplete(node));
  }

  private static NodeSet setOf(Collection<Integer> nodes) {
    return NodeSet.of(nodes.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * The steps since a given time, as text: each phase at the node where it was seen first, and the
   * completion where it was seen last.
   */
  public List<String> since(long sinceNs) {
    Map<RecoveryPhase, Step> seen = new TreeMap<>();
    for (Step step : steps) {
      if (step.atNs() >= sinceNs
          && (step.phase() == RecoveryPhase.COMPLETE || !seen.containsKey(step.phase()))) {
        seen.put(step.phase(), step);
      }
    }
    return seen.values().stream()
        .map(
            step ->
                String.format(
                    Locale.ROOT,
                    "%+8.1f ms  %-16s n%d, epoch %d",
                    (step.atNs() - sinceNs) / 1e6,
                    step.phase(),
                    step.node(),
                    step.epoch()))
        .toList();
  }

  /** Time at which the first node began a view change after a given time; empty if none did. */
  public Optional<Long> beganNs(long sinceNs) {
    return steps.stream().map(Step::atNs).filter(at -> at >= sinceNs).reduce(Math::min);
  }

  /** Time at which the last node completed a view after a given time; empty if none did. */
  public Optional<Long> completedNs(long sinceNs) {
    return steps.stream()
        .filter(step -> step.atNs() >= sinceNs && step.phase() == RecoveryPhase.COMPLETE)
        .map(Step::atNs)
        .reduce(Math::max);
  }
}
