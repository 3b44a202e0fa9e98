// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.phi;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link PhiFailureDetector}. */
@WeftPlugin(id = "phi", provides = FailureDetector.class, settings = PhiSettings.class)
public final class PhiModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(PhiFailureDetector.class).in(Scopes.SINGLETON);
    bind(FailureDetector.class).to(PhiFailureDetector.class);
  }
}
