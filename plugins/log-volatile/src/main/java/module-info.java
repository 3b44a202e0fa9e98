// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** A replacement of the redo log that stores nothing. */
module io.weft.plugin.logvolatile {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.logvolatile to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.logvolatile to
      com.google.guice,
      io.weft.plugin.assembly;
}
