// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** A failure detector with a fixed time-out. */
module io.weft.plugin.fd.timeout {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
