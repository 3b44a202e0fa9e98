// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Counts events and records latencies in HdrHistogram. */
module io.weft.plugin.metrics.hdr {
  requires HdrHistogram;
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
