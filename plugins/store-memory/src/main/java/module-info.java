// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Stores blocks in memory. */
module io.weft.plugin.store.memory {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.store.memory to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.store.memory to
      com.google.guice,
      io.weft.plugin.assembly;
}
