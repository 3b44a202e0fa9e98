// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.faults.MachineFaults;
import io.weft.spi.plugin.WeftPlugin;

/** Binds the faulty machine as the {@link MachineFaults} of a node. */
@WeftPlugin(
    id = "faulty",
    provides = MachineFaults.class,
    settings = FaultsSettings.class,
    caution = "storage and clocks of this node fail when told to, for tests only")
public final class FaultsModule extends AbstractModule {
  /** For Guice. */
  public FaultsModule() {}

  @Override
  protected void configure() {
    bind(MachineFaults.class).to(FaultyMachine.class).in(Scopes.SINGLETON);
    bind(FaultyMachine.class).in(Scopes.SINGLETON);
  }
}
