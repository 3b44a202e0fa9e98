// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Says which node masters which block. */
module io.weft.grd {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
