// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.logvolatile;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.redo.RedoLog;

/** Binds {@link VolatileRedoLog}. */
@WeftPlugin(
    id = "volatile",
    provides = RedoLog.class,
    caution =
        "changes that a killed node has committed and not yet written back are lost, and the other"
            + " nodes go on without them")
public final class VolatileLogModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(RedoLog.class).to(VolatileRedoLog.class);
    bind(VolatileRedoLog.class).in(Scopes.SINGLETON);
  }
}
