// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members by remainder. */
module io.weft.plugin.hash.modulo {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.hash.modulo to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.hash.modulo to
      com.google.guice,
      io.weft.plugin.assembly;
}
