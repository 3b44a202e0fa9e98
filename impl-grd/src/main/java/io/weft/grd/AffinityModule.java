// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.RemasterPolicy;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link AffinityPolicy}. */
@WeftPlugin(id = "affinity", provides = RemasterPolicy.class, settings = AffinitySettings.class)
public final class AffinityModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(RemasterPolicy.class).to(AffinityPolicy.class);
    bind(AffinityPolicy.class).in(Scopes.SINGLETON);
  }
}
