// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion;

import jakarta.inject.Inject;

/** Says at the start what {@code weft config check} says: what the settings mean for scopes. */
final class FrameAdvice {
  private static final System.Logger LOG = System.getLogger(FrameAdvice.class.getName());

  @Inject
  FrameAdvice(CacheFusionSettings settings) {
    settings.advice().ifPresent(advice -> LOG.log(System.Logger.Level.WARNING, () -> advice));
  }
}
