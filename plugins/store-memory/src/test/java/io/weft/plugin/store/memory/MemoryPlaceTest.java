// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import io.weft.plugin.tck.StoragePlaceContract;
import io.weft.spi.node.StoragePlace;

/** The contract of storage places, for memory: it has its identity from the beginning. */
final class MemoryPlaceTest extends StoragePlaceContract {
  @Override
  protected StoragePlace place() {
    return new MemoryPlace("place");
  }

  @Override
  protected void use() {}

  @Override
  protected boolean somethingIsThere() {
    return false;
  }
}
