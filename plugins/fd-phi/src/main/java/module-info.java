// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The phi accrual failure detector. */
module io.weft.plugin.fd.phi {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
