// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.cachefusion.spec.LockRules;
import io.weft.cachefusion.spec.Rules;
import io.weft.spi.cache.CoherentCache;
import io.weft.spi.plugin.WeftPlugin;

/** Binds the coherent cache. */
@WeftPlugin(
    id = "fusion",
    provides = CoherentCache.class,
    settings = CacheFusionSettings.class,
    section = "weft.cache-fusion")
public final class CacheFusionModule extends AbstractModule {
  /** For Guice. */
  public CacheFusionModule() {}

  @Override
  protected void configure() {
    bind(Rules.class).toInstance(Rules.STANDARD);
    bind(LockRules.class).toInstance(LockRules.STANDARD);
    bind(HostNode.class);
    bind(Persistence.class);
    bind(CacheFusion.class).in(Scopes.SINGLETON);
    bind(FrameAdvice.class).asEagerSingleton();
    bind(CoherentCache.class).to(CacheFusion.class).in(Scopes.SINGLETON);
  }
}
