// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.runtime.NodeRuntime;

/** Binds {@link JvmNodeRuntime}. */
@WeftPlugin(id = "jvm", provides = NodeRuntime.class, settings = JvmRuntimeSettings.class)
public final class JvmRuntimeModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(NodeRuntime.class).to(JvmNodeRuntime.class);
    bind(JvmNodeRuntime.class).in(Scopes.SINGLETON);
  }
}
