// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members with a consistent-hash ring. */
module io.weft.plugin.hash.ring {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.hash.ring to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.hash.ring to
      com.google.guice,
      io.weft.plugin.assembly;
}
