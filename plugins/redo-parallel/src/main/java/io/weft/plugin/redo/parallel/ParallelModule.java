// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.parallel;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.recovery.RedoStrategy;

/** Binds {@link ParallelRedoStrategy}. */
@WeftPlugin(id = "parallel", provides = RedoStrategy.class, settings = ParallelSettings.class)
public final class ParallelModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(RedoStrategy.class).to(ParallelRedoStrategy.class);
    bind(ParallelRedoStrategy.class).in(Scopes.SINGLETON);
  }
}
