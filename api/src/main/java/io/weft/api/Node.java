// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.concurrent.CompletionStage;

/** A running member of the cluster, embedded in this process. Thread-safe. */
public interface Node extends AutoCloseable {
  /** This node's name. */
  NodeId id();

  /** The membership in force. */
  View view();

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
