// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns each bucket to the member with the highest score for it. */
module io.weft.plugin.hash.rendezvous {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  opens io.weft.plugin.hash.rendezvous to
      com.google.guice,
      io.weft.plugin.assembly;
}
