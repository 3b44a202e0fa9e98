// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import io.weft.spi.plugin.ClusterWide;

/**
 * Settings of {@link MemoryBlockStore}.
 *
 * @param name which storage of this process the node uses; not blank
 */
public record MemoryStoreSettings(@ClusterWide String name) {
  /** Checks the name. */
  public MemoryStoreSettings {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "weft.store.memory.name = \"\" is blank; give the storage a name");
    }
  }
}
