// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.ondemand;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.recovery.RedoStrategy;

/** Binds {@link OnDemandRedoStrategy}. */
@WeftPlugin(id = "ondemand", provides = RedoStrategy.class, settings = OnDemandSettings.class)
public final class OnDemandModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(RedoStrategy.class).to(OnDemandRedoStrategy.class);
    bind(OnDemandRedoStrategy.class).in(Scopes.SINGLETON);
  }
}
