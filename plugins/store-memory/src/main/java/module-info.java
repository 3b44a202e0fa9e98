// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps blocks in memory. */
module io.weft.plugin.store.memory {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
