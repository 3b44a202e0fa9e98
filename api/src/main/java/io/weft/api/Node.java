// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A running member of the cluster, embedded in this process. Thread-safe. */
public interface Node extends AutoCloseable {
  /** This node's name. */
  NodeId id();

  /** The membership in force. */
  View view();

  /** What the cluster can do at present, as this node sees it. */
  ClusterState clusterState();

  /** What is known of a configured node. */
  NodeState stateOf(NodeId node);

  /** The view change under way, or the last one; empty before the first. */
  Optional<RecoveryProgress> recovery();

  /** The node's coherent cache. */
  BlockCache cache();

  /** The class of a file: {@link ResourceClass#DATA} unless the configuration says otherwise. */
  ResourceClass resourceClass(int file);

  /**
   * Completes when the node has stopped: normally after {@link #close}, exceptionally with the
   * {@link WeftException} that stopped it.
   */
  CompletionStage<Void> stopped();

  /**
   * Leaves as planned: writes back, gives up all blocks, says goodbye to the peers, and frees
   * memory, threads and ports. Idempotent; blocks until done.
   */
  @Override
  void close();
}
