// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers several blocks in parallel. */
module io.weft.plugin.redo.parallel {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.redo.parallel to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.redo.parallel to
      com.google.guice,
      io.weft.plugin.assembly;
}
