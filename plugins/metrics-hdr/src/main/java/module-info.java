// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Counts events and records latencies in HdrHistogram. */
module io.weft.plugin.metrics.hdr {
  requires HdrHistogram;
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;

  exports io.weft.plugin.metrics.hdr to
      io.weft.bench,
      io.weft.plugin.sim;

  opens io.weft.plugin.metrics.hdr to
      com.google.guice,
      io.weft.plugin.assembly;
}
