// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Redo log, checkpoints, membership and instance recovery. */
module io.weft.recovery {
  requires com.google.guice;
  requires transitive io.weft.spi;
  requires jakarta.inject;
  requires org.lz4.java;

  exports io.weft.recovery to
      io.weft.bench,
      io.weft.plugin.launcher,
      io.weft.plugin.sim;

  opens io.weft.recovery to
      com.google.guice,
      io.weft.plugin.assembly;
}
