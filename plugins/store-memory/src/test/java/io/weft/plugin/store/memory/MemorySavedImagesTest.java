// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import io.weft.plugin.tck.SavedImagesContract;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.store.BlockStore;
import java.util.concurrent.atomic.AtomicInteger;

/** Memory has no place for images beside the blocks, and says so. */
final class MemorySavedImagesTest extends SavedImagesContract {
  private static final AtomicInteger TESTS = new AtomicInteger();

  private final String name = "storage of kept-aside test " + TESTS.incrementAndGet();

  @Override
  protected BlockStore store(NodeSettings node) {
    return new MemoryBlockStore(new MemoryStoreSettings(name), node);
  }
}
