// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.fd.timeout;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.membership.FailureDetector;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link TimeoutFailureDetector}. */
@WeftPlugin(id = "timeout", provides = FailureDetector.class, settings = TimeoutSettings.class)
public final class TimeoutModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(TimeoutFailureDetector.class).in(Scopes.SINGLETON);
    bind(FailureDetector.class).to(TimeoutFailureDetector.class);
  }
}
