// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Takes the members of the cluster from the config file. */
module io.weft.plugin.viewsstatic {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.viewsstatic to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.viewsstatic to
      com.google.guice,
      io.weft.plugin.assembly;
}
