// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.log.file;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.redo.LogDevice;

/** Binds {@link FileLogDevice}. */
@WeftPlugin(id = "file", provides = LogDevice.class, settings = FileLogDeviceSettings.class)
public final class FileLogDeviceModule extends AbstractModule {
  /** For Guice. */
  public FileLogDeviceModule() {}

  @Override
  protected void configure() {
    bind(LogDevice.class).to(FileLogDevice.class);
    bind(FileLogDevice.class).in(Scopes.SINGLETON);
  }
}
