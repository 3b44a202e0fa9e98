// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.viewsstatic;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.view.Views;

/** Binds {@link StaticViews}. */
@WeftPlugin(id = "static", provides = Views.class)
public final class StaticViewsModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(Views.class).to(StaticViews.class);
    bind(StaticViews.class).in(Scopes.SINGLETON);
  }
}
