// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.modulo;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link ModuloHashStrategy}. */
@WeftPlugin(id = "modulo", provides = HashStrategy.class)
public final class ModuloModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(HashStrategy.class).to(ModuloHashStrategy.class);
    bind(ModuloHashStrategy.class).in(Scopes.SINGLETON);
  }
}
