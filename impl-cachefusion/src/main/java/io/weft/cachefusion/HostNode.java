// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;

/**
 * What the cache uses of its node.
 *
 * @param settings the node's number, and the resource class of each file
 * @param runtime time, threads and timers
 * @param transport sends messages to the other nodes
 * @param views the view in force, and the membership lease
 * @param failure receives errors that must stop the node
 * @param metrics counters and latencies are registered here
 * @param policy decides which buckets move to another master
 */
public record HostNode(
    NodeSettings settings,
    NodeRuntime runtime,
    Transport transport,
    Views views,
    NodeFailure failure,
    Metrics metrics,
    RemasterPolicy policy) {
  /** For Guice, and for code that builds a cache without it. */
  @Inject
  public HostNode {}
}
