// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import io.weft.spi.plugin.ClusterWide;

/**
 * Settings of {@link RingHashStrategy}; the same on all nodes of a cluster.
 *
 * @param virtualNodes points of a member of weight 100 on the ring, 1 to {@value
 *     #MAX_VIRTUAL_NODES}
 */
public record RingSettings(@ClusterWide int virtualNodes) {
  /** Most points of a member of weight 100. */
  public static final int MAX_VIRTUAL_NODES = 4_096;

  /** As in {@code reference.conf}. */
  public static final RingSettings DEFAULTS = new RingSettings(256);

  /** Checks the range. */
  public RingSettings {
    if (virtualNodes < 1 || virtualNodes > MAX_VIRTUAL_NODES) {
      throw new IllegalArgumentException(
          "weft.hash-strategy.ring.virtual-nodes = "
              + virtualNodes
              + " is outside 1 to "
              + MAX_VIRTUAL_NODES);
    }
  }
}
