// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.RecoveryPhase;
import io.weft.plugin.workload.shared.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Follows the view changes of a cluster from what its nodes say. Used by one thread. */
public final class RecoveryWatch {
  /** The event in which a node tells of a step. */
  static final String EVENT = "recovery";

  /** A step of a view change, seen on a node. */
  private record Step(int node, long epoch, RecoveryPhase phase, long members, long atNs) {}

  private final Map<Integer, Step> last = new TreeMap<>();
  private final List<Step> steps = new ArrayList<>();

  /** Enters an event if it is about a step; returns whether it was. */
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
            body.path("members").asLong(),
            event.atNs());
    last.put(event.node(), step);
    steps.add(step);
    return true;
  }

  /** A node has ended: what it said last does not count any more. */
  public void forget(int node) {
    last.remove(node);
  }

  /** Whether a node said last that a view change is complete. */
  boolean isComplete(int node) {
    return Optional.ofNullable(last.get(node))
        .filter(step -> step.phase() == RecoveryPhase.COMPLETE)
        .isPresent();
  }

  /**
   * Whether every one of these nodes has completed the same view, which has all of them and none of
   * the others.
   */
  public boolean isSettled(Collection<Integer> nodes, Collection<Integer> others) {
    long with = bits(nodes);
    long without = bits(others);
    return nodes.stream().allMatch(this::isComplete)
        && nodes.stream().map(node -> last.get(node).epoch()).distinct().count() <= 1
        && nodes.stream()
            .map(node -> last.get(node).members())
            .allMatch(members -> (members & with) == with && (members & without) == 0);
  }

  /** Whether a view change is under way on one of these nodes. */
  public boolean isRecovering(Collection<Integer> nodes) {
    return nodes.stream().anyMatch(node -> last.containsKey(node) && !isComplete(node));
  }

  private static long bits(Collection<Integer> nodes) {
    return nodes.stream().mapToLong(node -> 1L << node).reduce(0, (a, b) -> a | b);
  }

  /**
   * The steps since a moment, each phase where it was seen first, the completion where it was seen
   * last, in words.
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

  /** When the first node began to change the view after a moment; empty if none did. */
  public Optional<Long> beganNs(long sinceNs) {
    return steps.stream().map(Step::atNs).filter(at -> at >= sinceNs).reduce(Math::min);
  }

  /** When the last node completed a view after a moment; empty if none did. */
  public Optional<Long> completedNs(long sinceNs) {
    return steps.stream()
        .filter(step -> step.atNs() >= sinceNs && step.phase() == RecoveryPhase.COMPLETE)
        .map(Step::atNs)
        .reduce(Math::max);
  }
}
