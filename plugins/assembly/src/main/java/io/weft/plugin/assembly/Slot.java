// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.spi.cache.CoherentCache;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;
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
  RUNTIME("runtime", NodeRuntime.class),
  METRICS("metrics", Metrics.class),
  STORE("store", BlockStore.class),
  HASH_STRATEGY("hash-strategy", HashStrategy.class),
  GRD("grd", ResourceDirectory.class),
  REGISTRY("registry", ClusterRegistry.class),
  LOG_DEVICE("log-device", LogDevice.class),
  REDO_LOG("redo-log", RedoLog.class),
  REDO_STRATEGY("redo-strategy", RedoStrategy.class),
  FAILURE_DETECTOR("failure-detector", FailureDetector.class),
  TRANSPORT("transport", Transport.class),
  CACHE_FUSION("cache-fusion", CoherentCache.class),
  MEMBERSHIP("membership", Membership.class);

  private final String section;
  private final Class<?> spi;

  Slot(String section, Class<?> spi) {
    this.section = section;
    this.spi = spi;
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

  static List<String> sections() {
    return Arrays.stream(values()).map(Slot::section).toList();
  }
}
