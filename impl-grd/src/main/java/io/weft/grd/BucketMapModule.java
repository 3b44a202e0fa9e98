// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.grd;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import io.weft.spi.directory.ResourceDirectory;
import io.weft.spi.plugin.WeftPlugin;

/** Binds {@link BucketMapDirectory}. */
@WeftPlugin(id = "buckets", provides = ResourceDirectory.class)
public final class BucketMapModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(ResourceDirectory.class).to(BucketMapDirectory.class);
    bind(BucketMapDirectory.class).in(Scopes.SINGLETON);
  }
}
