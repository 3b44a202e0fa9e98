// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members with jump consistent hashing. */
module io.weft.plugin.hash.jump {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  opens io.weft.plugin.hash.jump to
      com.google.guice,
      io.weft.plugin.assembly;
}
