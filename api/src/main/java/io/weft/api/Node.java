// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A running member of the cluster, embedded in this process. Thread-safe. */
public interface Node extends AutoCloseable {
  /** The id of this node. */
  NodeId id();

  /** The view in force. */
  View view();

  /** The state of the cluster, as this node sees it. */
  ClusterState clusterState();

  /** The state of a member of the cluster, as this node sees it. */
  NodeState stateOf(NodeId node);

  /**
   * Progress of the current view change, or of the last one. Empty before the first view change.
   */
  Optional<RecoveryProgress> recovery();

  /** The node's coherent cache. */
  BlockCache cache();

  /** Named locks over all nodes of the cluster. */
  Locks locks();

  /** Which node masters which blocks. */
  Mastery mastery();

  /** The members of the cluster, and changes of them. */
  Members members();

  /** The class of a file: {@link ResourceClass#DATA} unless the configuration says otherwise. */
  ResourceClass resourceClass(int file);

  /**
   * Completes when the node has stopped: normally after {@link #close}, exceptionally with the
   * {@link WeftException} that stopped it.
   */
  CompletionStage<Void> stopped();

  /**
   * Leaves the cluster as planned. Writes back dirty blocks, releases all blocks, sends a goodbye
   * to the peers, and frees memory, threads and ports. Idempotent. Blocks until done.
   */
  @Override
  void close();
}
