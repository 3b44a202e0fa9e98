// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import jakarta.inject.Inject;

/** Logs at the start the same caution as {@code weft config check} about frames per shard. */
final class FrameAdvice {
  private static final System.Logger LOG = System.getLogger(FrameAdvice.class.getName());

  @Inject
  FrameAdvice(CacheFusionSettings settings) {
    settings.advice().ifPresent(advice -> LOG.log(System.Logger.Level.WARNING, () -> advice));
  }
}
