// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import io.weft.api.Scope;
import jakarta.inject.Inject;

/** Says at the start what the settings mean for scopes. */
final class FrameAdvice {
  private static final System.Logger LOG = System.getLogger(FrameAdvice.class.getName());

  @Inject
  FrameAdvice(CacheFusionSettings settings) {
    int each = settings.frames() / settings.shards();
    if (each < Scope.MAX_LEASES) {
      LOG.log(
          System.Logger.Level.WARNING,
          "weft.cache-fusion.frames = {0,number,#} and shards = {1} give each shard {2} frames: a"
              + " scope that takes more than {2} neighbouring blocks gets SCOPE_FULL, although it"
              + " may hold {3}; for that, set frames to {4,number,#} or more, or shards lower",
          settings.frames(),
          settings.shards(),
          each,
          Scope.MAX_LEASES,
          Scope.MAX_LEASES * settings.shards());
    }
  }
}
