// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.metrics.hdr;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link HdrMetrics}. */
@WeftPlugin(id = "hdr", provides = Metrics.class)
public final class HdrMetricsModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(Metrics.class).to(HdrMetrics.class);
    bind(HdrMetrics.class).in(Scopes.SINGLETON);
  }
}
