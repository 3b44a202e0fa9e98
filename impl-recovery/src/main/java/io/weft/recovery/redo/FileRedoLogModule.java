// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.redo.RedoLog;

/** Binds {@link FileRedoLog}. */
@WeftPlugin(id = "file", provides = RedoLog.class, settings = FileRedoLogSettings.class)
public final class FileRedoLogModule extends AbstractModule {
  /** For Guice. */
  public FileRedoLogModule() {}

  @Override
  protected void configure() {
    bind(RedoLog.class).to(FileRedoLog.class);
    bind(FileRedoLog.class).in(Scopes.SINGLETON);
  }
}
