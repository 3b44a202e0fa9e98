// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.ClusterState;
import io.weft.api.NodeId;
import io.weft.api.NodeState;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import io.weft.spi.transport.PeerListener;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * This node's part in the membership of the cluster: forms, joins and leaves views, evicts members
 * that have failed, and has every view installed by the transport, the directory and the cache.
 *
 * <ul>
 *   <li>Rule MB-1: the view in force and the lease are kept in {@link io.weft.spi.view.Views}.
 *   <li>Rule MB-2: a node that is no member any more, or that has lost its quorum or the storage,
 *       is stopped through {@link io.weft.spi.node.NodeFailure} with the reason. So is one whose
 *       lease was revoked because it had to write when it was over (VW-4), within half a lease.
 *   <li>Rule MB-3: nothing blocks.
 * </ul>
 */
public interface Membership extends PeerListener, AutoCloseable {
  /**
   * Becomes a member; called once, when the transport listens. Completes when a view with this node
   * is installed and this node serves.
   */
  CompletionStage<View> join();

  /**
   * Ceases to be a member as planned; called when the cache holds nothing any more. Completes when
   * the others have a view without this node, or there are no others.
   */
  CompletionStage<Void> leave();

  /** What the cluster can do. */
  ClusterState clusterState();

  /** What is known of a configured node. */
  NodeState stateOf(NodeId node);

  /** The view change under way, or the last one; empty before the first. */
  Optional<RecoveryProgress> recovery();

  /** How {@link #join} goes on, for who waits for it. Any thread. */
  default Joining joining() {
    return Joining.UNKNOWN;
  }

  /** Stops all activity; no message is sent any more. */
  @Override
  void close();

  /**
   * How far a node has come that is not in the cluster yet.
   *
   * @param advances changes while what it waits for goes on, also if that goes on elsewhere
   * @param waitsFor what it waits for, for people; empty if nothing is known
   */
  record Joining(long advances, String waitsFor) {
    /** Nothing is known. */
    public static final Joining UNKNOWN = new Joining(0, "");
  }
}
