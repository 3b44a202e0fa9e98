// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Reports a member when it has been silent for a fixed time. */
module io.weft.plugin.fd.timeout {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.fd.timeout to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.fd.timeout to
      com.google.guice,
      io.weft.plugin.assembly;
}
