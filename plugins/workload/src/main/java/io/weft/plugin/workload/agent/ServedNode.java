// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.agent;

import io.weft.api.Node;
import io.weft.spi.directory.BucketMap;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.metrics.Metrics;
import java.util.Optional;

/**
 * A started node, as an agent sees it.
 *
 * @param node the node
 * @param metrics the node's metrics
 * @param masters who masters what at present
 * @param faults lets its storage and clocks fail
 */
public record ServedNode(
    Node node, Metrics metrics, BucketMap masters, Optional<MachineFaults> faults) {}
