// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Injector;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;

/** The parts of a node that the node itself drives. */
record Parts(
    NodeSettings settings,
    NodeRuntime runtime,
    Metrics metrics,
    BlockStore store,
    Views views,
    Transport transport,
    CoherentCache cache) {
  static Parts from(Injector injector) {
    return new Parts(
        injector.getInstance(NodeSettings.class),
        injector.getInstance(NodeRuntime.class),
        injector.getInstance(Metrics.class),
        injector.getInstance(BlockStore.class),
        injector.getInstance(Views.class),
        injector.getInstance(Transport.class),
        injector.getInstance(CoherentCache.class));
  }
}
