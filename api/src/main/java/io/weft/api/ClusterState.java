// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Set;

/**
 * The state of the cluster, as this node sees it.
 *
 * <pre>
 *   INITIALIZING -> FORMING -> RECOVERING <-> OPERATIONAL <-> DEGRADED
 *   any of them -> SHUTTING_DOWN -> STOPPED; any of them -> STOPPED
 * </pre>
 */
public enum ClusterState {
  /** The node is opening storage and interconnect. */
  INITIALIZING,
  /** The node is looking for enough other nodes to form a view, or is asking to join a view. */
  FORMING,
  /** All nodes of the agreed list belong to the view, and every block is served. */
  OPERATIONAL,
  /** Every block is served, but not all nodes of the agreed list belong to the view. */
  DEGRADED,
  /** A view is being installed. Requests for blocks that are not recovered yet wait. */
  RECOVERING,
  /** The node is leaving as planned. */
  SHUTTING_DOWN,
  /** The node is no longer a member. */
  STOPPED;

  /** Whether the state may change to {@code next}. */
  public boolean mayBecome(ClusterState next) {
    return next == this || successors().contains(next);
  }

  private Set<ClusterState> successors() {
    return switch (this) {
      case INITIALIZING -> Set.of(FORMING, SHUTTING_DOWN, STOPPED);
      case FORMING -> Set.of(RECOVERING, OPERATIONAL, DEGRADED, SHUTTING_DOWN, STOPPED);
      case OPERATIONAL, DEGRADED ->
          Set.of(OPERATIONAL, DEGRADED, RECOVERING, SHUTTING_DOWN, STOPPED);
      case RECOVERING -> Set.of(OPERATIONAL, DEGRADED, SHUTTING_DOWN, STOPPED);
      case SHUTTING_DOWN -> Set.of(STOPPED);
      case STOPPED -> Set.of();
    };
  }
}
