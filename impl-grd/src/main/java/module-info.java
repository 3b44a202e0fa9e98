// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Determines the master of each block. */
module io.weft.grd {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.grd to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.grd to
      com.google.guice,
      io.weft.plugin.assembly;
}
