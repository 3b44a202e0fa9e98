// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers one block after the other. */
module io.weft.plugin.redo.serial {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.redo.serial to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.redo.serial to
      com.google.guice,
      io.weft.plugin.assembly;
}
