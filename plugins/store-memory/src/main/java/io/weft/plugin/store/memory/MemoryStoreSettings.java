// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

/**
 * Settings of {@link MemoryBlockStore}.
 *
 * @param name which storage of this process the node uses; not blank
 */
public record MemoryStoreSettings(String name) {
  /** Checks the name. */
  public MemoryStoreSettings {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "weft.store.memory.name = \"\" is blank; give the storage a name");
    }
  }
}
