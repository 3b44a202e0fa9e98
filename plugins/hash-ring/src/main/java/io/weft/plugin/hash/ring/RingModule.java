// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.ring;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link RingHashStrategy}. */
@WeftPlugin(id = "ring", provides = HashStrategy.class, settings = RingSettings.class)
public final class RingModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(HashStrategy.class).to(RingHashStrategy.class);
    bind(RingHashStrategy.class).in(Scopes.SINGLETON);
  }
}
