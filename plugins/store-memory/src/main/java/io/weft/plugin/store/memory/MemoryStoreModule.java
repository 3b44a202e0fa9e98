// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.memory;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.store.BlockStore;

/** Binds {@link MemoryBlockStore}. */
@WeftPlugin(id = "memory", provides = BlockStore.class, settings = MemoryStoreSettings.class)
public final class MemoryStoreModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(BlockStore.class).to(MemoryBlockStore.class);
    bind(MemoryBlockStore.class).in(Scopes.SINGLETON);
  }
}
