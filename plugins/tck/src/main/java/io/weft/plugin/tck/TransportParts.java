// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.view.Views;
import java.time.Duration;

/**
 * What a transport under test is made of.
 *
 * @param node the node that it serves
 * @param failure what it reports failures of the node to
 * @param clock the node's clock
 * @param views the node's views
 * @param storage the node's storage
 * @param metrics the node's metrics
 * @param resumeTime how long a broken connection may take to come back, 100 ms to 10 min
 */
public record TransportParts(
    NodeSettings node,
    NodeFailure failure,
    LamportClock clock,
    Views views,
    StorageIdentity storage,
    Metrics metrics,
    Duration resumeTime) {}
