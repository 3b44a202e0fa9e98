// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Injector;
import com.google.inject.Key;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.Membership;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.util.Optional;

/** The parts of a node that the node itself starts and stops. */
record Parts(
    NodeSettings settings,
    StorageIdentity storage,
    NodeRuntime runtime,
    Metrics metrics,
    Views views,
    BlockStore store,
    ClusterRegistry registry,
    LogDevice logDevice,
    RedoLog redoLog,
    Transport transport,
    HashStrategy hashStrategy,
    ResourceDirectory directory,
    CoherentCache cache,
    Membership membership,
    Optional<MachineFaults> faults) {
  static Parts from(Injector injector) {
    return new Parts(
        injector.getInstance(NodeSettings.class),
        injector.getInstance(StorageIdentity.class),
        injector.getInstance(NodeRuntime.class),
        injector.getInstance(Metrics.class),
        injector.getInstance(Views.class),
        injector.getInstance(BlockStore.class),
        injector.getInstance(ClusterRegistry.class),
        injector.getInstance(LogDevice.class),
        injector.getInstance(RedoLog.class),
        injector.getInstance(Transport.class),
        injector.getInstance(HashStrategy.class),
        injector.getInstance(ResourceDirectory.class),
        injector.getInstance(CoherentCache.class),
        injector.getInstance(Membership.class),
        Optional.ofNullable(injector.getExistingBinding(Key.get(MachineFaults.class)))
            .map(binding -> binding.getProvider().get()));
  }
}
