// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.redo.serial;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.recovery.RedoStrategy;

/** Binds {@link SerialRedoStrategy}. */
@WeftPlugin(id = "serial", provides = RedoStrategy.class)
public final class SerialModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(RedoStrategy.class).to(SerialRedoStrategy.class);
    bind(SerialRedoStrategy.class).in(Scopes.SINGLETON);
  }
}
