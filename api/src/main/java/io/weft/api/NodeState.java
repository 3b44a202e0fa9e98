// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Set;

/**
 * What is known of a node of the cluster.
 *
 * <pre>
 *   DOWN -> JOINING -> HEALTHY <-> SUSPECTED -> DOWN
 *                      HEALTHY -> LEAVING -> DOWN
 *                      HEALTHY <-> RECOVERING -> LEAVING, SUSPECTED, DOWN
 * </pre>
 */
public enum NodeState {
  /** Connected and asking to become a member. */
  JOINING,
  /** A member whose heartbeats arrive. */
  HEALTHY,
  /** A member that has not been heard of for too long, or whose connections broke. */
  SUSPECTED,
  /** No member: never started, left, stopped or evicted. */
  DOWN,
  /** A member that installs a view: it collects reports or applies redo. */
  RECOVERING,
  /** A member that gives up its blocks in order to leave. */
  LEAVING;

  /** Whether a node may go from this state to {@code next}. */
  public boolean mayBecome(NodeState next) {
    return next == this || successors().contains(next);
  }

  private Set<NodeState> successors() {
    return switch (this) {
      case DOWN -> Set.of(JOINING);
      case JOINING -> Set.of(HEALTHY, RECOVERING, DOWN);
      case HEALTHY -> Set.of(SUSPECTED, RECOVERING, LEAVING, DOWN);
      case SUSPECTED -> Set.of(HEALTHY, RECOVERING, LEAVING, DOWN);
      case RECOVERING -> Set.of(HEALTHY, SUSPECTED, LEAVING, DOWN);
      case LEAVING -> Set.of(DOWN);
    };
  }
}
