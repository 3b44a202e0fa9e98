// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Redo logs in preallocated files on the shared storage. */
module io.weft.plugin.log.file {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.log.file to
      io.weft.bench,
      io.weft.plugin.launcher,
      io.weft.plugin.sim;

  opens io.weft.plugin.log.file to
      com.google.guice,
      io.weft.plugin.assembly;
}
