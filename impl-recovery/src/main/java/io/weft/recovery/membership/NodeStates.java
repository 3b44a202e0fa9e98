// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeState;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The states of the members of the cluster, as they are shown. Written by one executor, read by
 * anybody.
 */
final class NodeStates {
  private final AtomicReferenceArray<NodeState> states;

  /** Nodes 0 to {@code count - 1}; all are down. */
  NodeStates(int count) {
    states = new AtomicReferenceArray<>(count);
    for (int node = 0; node < count; node++) {
      states.set(node, NodeState.DOWN);
    }
  }

  /** The state of a node; one that is not configured is down. */
  NodeState of(int node) {
    return node < states.length() ? states.get(node) : NodeState.DOWN;
  }

  /**
   * Takes a node to a state, over those in between if the way is not direct: what one event brings
   * about may be several transitions.
   */
  void become(int node, NodeState next) {
    NodeState now = states.get(node);
    if (!now.mayBecome(next) && now != NodeState.DOWN && now.mayBecome(NodeState.DOWN)) {
      states.set(node, NodeState.DOWN);
    }
    if (!states.get(node).mayBecome(next)) {
      states.set(node, NodeState.JOINING);
    }
    if (states.get(node) == NodeState.JOINING && !NodeState.JOINING.mayBecome(next)) {
      states.set(node, NodeState.HEALTHY);
    }
    states.set(node, next);
  }
}
