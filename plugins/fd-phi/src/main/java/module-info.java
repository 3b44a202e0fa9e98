// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Reports a member when its silence becomes improbable (phi accrual). */
module io.weft.plugin.fd.phi {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.fd.phi to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.fd.phi to
      com.google.guice,
      io.weft.plugin.assembly;
}
