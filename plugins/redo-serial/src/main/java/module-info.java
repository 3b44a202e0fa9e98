// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers one block after the other. */
module io.weft.plugin.redo.serial {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
