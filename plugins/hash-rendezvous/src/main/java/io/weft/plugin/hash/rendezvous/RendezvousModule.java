// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.hash.rendezvous;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.HashStrategy;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link RendezvousHashStrategy}. */
@WeftPlugin(id = "rendezvous", provides = HashStrategy.class)
public final class RendezvousModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(HashStrategy.class).to(RendezvousHashStrategy.class);
    bind(RendezvousHashStrategy.class).in(Scopes.SINGLETON);
  }
}
