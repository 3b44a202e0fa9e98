// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers a block when it is first wanted, and the rest behind. */
module io.weft.plugin.redo.ondemand {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
