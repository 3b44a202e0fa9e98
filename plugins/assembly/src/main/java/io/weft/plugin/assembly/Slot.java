// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.membership.Membership;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.recovery.RedoStrategy;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.redo.RedoLog;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Transport;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The plugin interfaces of a node, each with its section of the configuration. */
enum Slot {
  RUNTIME("runtime", NodeRuntime.class, false),
  METRICS("metrics", Metrics.class, false),
  STORE("store", BlockStore.class, true),
  HASH_STRATEGY("hash-strategy", HashStrategy.class, true),
  GRD("grd", ResourceDirectory.class, true),
  REMASTER_POLICY("remaster-policy", RemasterPolicy.class, false),
  REGISTRY("registry", ClusterRegistry.class, true),
  LOG_DEVICE("log-device", LogDevice.class, true),
  REDO_LOG("redo-log", RedoLog.class, true),
  REDO_STRATEGY("redo-strategy", RedoStrategy.class, false),
  FAILURE_DETECTOR("failure-detector", FailureDetector.class, false),
  TRANSPORT("transport", Transport.class, true),
  CACHE_FUSION("cache-fusion", CoherentCache.class, true),
  MEMBERSHIP("membership", Membership.class, true),
  FAULTS("faults", MachineFaults.class, false);

  private final String section;
  private final Class<?> spi;
  private final boolean clusterWide;

  Slot(String section, Class<?> spi, boolean clusterWide) {
    this.section = section;
    this.spi = spi;
    this.clusterWide = clusterWide;
  }

  /** Whether its calls are guarded by {@link PluginCalls}, which adds a cost to each. */
  boolean isGuarded() {
    return switch (this) {
      case STORE,
          HASH_STRATEGY,
          REMASTER_POLICY,
          REGISTRY,
          LOG_DEVICE,
          REDO_STRATEGY,
          FAILURE_DETECTOR ->
          true;
      case RUNTIME, METRICS, GRD, REDO_LOG, TRANSPORT, CACHE_FUSION, MEMBERSHIP, FAULTS -> false;
    };
  }

  /** Whether a node can run without it; all other slots are filled. */
  boolean isOptional() {
    return this == FAULTS;
  }

  /** Whether all nodes of a cluster must have the same plugin here. */
  boolean isClusterWide() {
    return clusterWide;
  }

  /** The section's name, without {@code weft}. */
  String section() {
    return section;
  }

  /** The key that chooses the plugin. */
  String key() {
    return "weft." + section + ".plugin";
  }

  Class<?> spi() {
    return spi;
  }

  static Optional<Slot> of(String section) {
    return Arrays.stream(values()).filter(slot -> slot.section.equals(section)).findFirst();
  }

  /**
   * The slot of a plugin interface.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Slot of(Class<?> spi) {
    return Arrays.stream(values())
        .filter(slot -> slot.spi == spi)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(spi.getName() + " is no plugin interface"));
  }

  static List<String> sections() {
    return Arrays.stream(values()).map(Slot::section).toList();
  }
}
