// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;

/**
 * The node whose membership this is.
 *
 * @param settings its id, its incarnation, and the configured members
 * @param runtime time, threads and timers
 * @param transport the connections to the other nodes
 * @param views the view in force, and the membership lease
 * @param failure receives the reason for which the node must stop
 * @param metrics counters and latencies are registered here
 */
public record OwnNode(
    NodeSettings settings,
    NodeRuntime runtime,
    Transport transport,
    Views views,
    NodeFailure failure,
    Metrics metrics) {
  /** For Guice, and for tests that construct a membership by hand. */
  @Inject
  public OwnNode {}

  /** The id of this node as a number. */
  int id() {
    return settings.nodeId().value();
  }
}
