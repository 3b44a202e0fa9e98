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
 * The membership protocol at this node. It forms, joins and leaves views, and evicts failed
 * members. It has the transport, the directory and the cache install every view.
 *
 * <ul>
 *   <li>Rule MB-1: the view in force and the membership lease are kept in {@link
 *       io.weft.spi.view.Views}.
 *   <li>Rule MB-2: a node that is no longer a member, or has lost its quorum or its storage, is
 *       stopped through {@link io.weft.spi.node.NodeFailure} with the reason. A node whose
 *       membership lease was revoked because it had to write after expiry (VW-4) is stopped within
 *       half a lease duration.
 *   <li>Rule MB-3: no method blocks.
 * </ul>
 */
public interface Membership extends PeerListener, AutoCloseable {
  /**
   * Becomes a member. Called once, after the transport has started to listen. Completes when a view
   * with this node is installed and this node serves requests.
   */
  CompletionStage<View> join();

  /**
   * Leaves the cluster as planned. Called when the cache holds no block any more. Completes when
   * the other members have a view without this node, or there are no other members.
   */
  CompletionStage<Void> leave();

  /** The state of the cluster, as this node sees it. */
  ClusterState clusterState();

  /** The members as the newest view has them that this node knows; else the configured ones. */
  AgreedMembers members();

  /** The state of a member, as this node sees it. */
  NodeState stateOf(NodeId node);

  /**
   * Progress of the current view change, or of the last one. Empty before the first view change.
   */
  Optional<RecoveryProgress> recovery();

  /** Progress of {@link #join}, for the thread that waits for it. Any thread. */
  default Joining joining() {
    return Joining.UNKNOWN;
  }

  /** Stops all activity. No message is sent after this call. */
  @Override
  void close();

  /**
   * Progress of a node that is not a member yet.
   *
   * @param advances a value that changes while the awaited operation makes progress, on this node
   *     or on another one
   * @param waitsFor what the node waits for, as text for an operator; empty if nothing is known
   */
  record Joining(long advances, String waitsFor) {
    /** Nothing is known. */
    public static final Joining UNKNOWN = new Joining(0, "");
  }
}
