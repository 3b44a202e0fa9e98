// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.transport.Transport;

/** The plugin {@code tcp}: carries messages and block images over TCP. */
@WeftPlugin(id = "tcp", provides = Transport.class, settings = TcpSettings.class)
public final class TcpModule extends AbstractModule {
  /** For Guice. */
  public TcpModule() {}

  @Override
  protected void configure() {
    bind(TcpTransport.class).in(Scopes.SINGLETON);
    bind(Transport.class).to(TcpTransport.class);
  }
}
