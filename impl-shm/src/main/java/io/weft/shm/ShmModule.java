// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.transport.Transport;

/** The plugin {@code shm}: carries messages and block images between processes of one host. */
@WeftPlugin(id = "shm", provides = Transport.class, settings = ShmSettings.class)
public final class ShmModule extends AbstractModule {
  /** For Guice. */
  public ShmModule() {}

  @Override
  protected void configure() {
    bind(ShmTransport.class).in(Scopes.SINGLETON);
    bind(Transport.class).to(ShmTransport.class);
  }
}
