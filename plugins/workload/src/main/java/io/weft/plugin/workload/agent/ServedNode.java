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
 * @param masters supplies the current master map
 * @param faults injects faults of its storage and clocks
 */
public record ServedNode(
    Node node, Metrics metrics, BucketMap masters, Optional<MachineFaults> faults) {}
