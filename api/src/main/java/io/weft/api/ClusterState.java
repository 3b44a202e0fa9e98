// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Set;

/**
 * What the cluster can do at present, as this node sees it.
 *
 * <pre>
 *   INITIALIZING -> FORMING -> RECOVERING <-> OPERATIONAL <-> DEGRADED
 *   any of them -> SHUTTING_DOWN -> STOPPED; any of them -> STOPPED
 * </pre>
 */
public enum ClusterState {
  /** The node opens storage and interconnect. */
  INITIALIZING,
  /** The node looks for enough others to form a view, or asks to join one. */
  FORMING,
  /** All configured nodes are members, and every block is served. */
  OPERATIONAL,
  /** Every block is served, but not all configured nodes are members. */
  DEGRADED,
  /** A view is being installed; blocks that need it wait. */
  RECOVERING,
  /** The node leaves as planned. */
  SHUTTING_DOWN,
  /** The node is no member any more. */
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
