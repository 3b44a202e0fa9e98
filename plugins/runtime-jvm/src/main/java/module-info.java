// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Gives the engine the clock, threads and random numbers of the JVM. */
module io.weft.plugin.runtime.jvm {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.runtime.jvm to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.runtime.jvm to
      com.google.guice,
      io.weft.plugin.assembly;
}
