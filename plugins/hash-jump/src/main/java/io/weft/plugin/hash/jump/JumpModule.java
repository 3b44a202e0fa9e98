// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.jump;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link JumpHashStrategy}. */
@WeftPlugin(id = "jump", provides = HashStrategy.class)
public final class JumpModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(HashStrategy.class).to(JumpHashStrategy.class);
    bind(JumpHashStrategy.class).in(Scopes.SINGLETON);
  }
}
