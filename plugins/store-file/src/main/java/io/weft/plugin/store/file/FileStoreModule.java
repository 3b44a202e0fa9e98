// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.store.file;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.store.BlockStore;

/** Binds {@link FileBlockStore}. */
@WeftPlugin(id = "file", provides = BlockStore.class, settings = FileStoreSettings.class)
public final class FileStoreModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(BlockStore.class).to(FileBlockStore.class);
    bind(FileBlockStore.class).in(Scopes.SINGLETON);
  }
}
