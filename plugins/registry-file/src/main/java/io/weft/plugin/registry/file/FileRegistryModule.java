// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link FileRegistry}. */
@WeftPlugin(id = "file", provides = ClusterRegistry.class, settings = FileRegistrySettings.class)
public final class FileRegistryModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(FileRegistry.class).in(Scopes.SINGLETON);
    bind(ClusterRegistry.class).to(FileRegistry.class);
  }
}
