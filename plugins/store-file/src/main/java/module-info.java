// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Stores blocks in sparse files. */
module io.weft.plugin.store.file {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.store.file to
      io.weft.bench,
      io.weft.plugin.launcher,
      io.weft.plugin.sim;

  opens io.weft.plugin.store.file to
      com.google.guice,
      io.weft.plugin.assembly;
}
