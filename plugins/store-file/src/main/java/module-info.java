// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps blocks in sparse files. */
module io.weft.plugin.store.file {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
