// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Set;

/**
 * The state of a node of the cluster, as another node sees it.
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
  /** A member whose heartbeats have been missing for too long, or whose connections broke. */
  SUSPECTED,
  /** Not a member: never started, left, stopped or evicted. */
  DOWN,
  /** A member that is installing a view: it is collecting reports or applying redo. */
  RECOVERING,
  /** A member that is releasing its blocks in order to leave. */
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
