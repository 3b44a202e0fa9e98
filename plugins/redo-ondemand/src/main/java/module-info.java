// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers requested blocks first, and the others in the background. */
module io.weft.plugin.redo.ondemand {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.redo.ondemand to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.redo.ondemand to
      com.google.guice,
      io.weft.plugin.assembly;
}
