// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers several blocks at a time. */
module io.weft.plugin.redo.parallel {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
