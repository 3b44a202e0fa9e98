// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Injects faults of the storage and the clocks of a node, for tests of whole nodes. */
module io.weft.plugin.faults {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.faults to
      io.weft.plugin.tck,
      io.weft.plugin.workload;

  opens io.weft.plugin.faults to
      com.google.guice,
      io.weft.plugin.assembly;
}
