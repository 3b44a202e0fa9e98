// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Agreement on views by exclusive creation of files on the shared storage. */
module io.weft.plugin.registry.file {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.registry.file to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.registry.file to
      com.google.guice,
      io.weft.plugin.assembly;
}
