// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.redo.LogDevice;
import io.weft.spi.store.BlockStore;
import jakarta.inject.Inject;

/**
 * The storage that the nodes of a cluster share.
 *
 * @param registry the view records, the reserved system change numbers, and the locks of processes
 * @param logs the redo logs of all nodes
 * @param blocks the blocks
 * @param identity the identity that all parts of the storage have in common
 */
public record SharedStorage(
    ClusterRegistry registry, LogDevice logs, BlockStore blocks, StorageIdentity identity) {
  /** For Guice, and for tests that construct a membership by hand. */
  @Inject
  public SharedStorage {}
}
