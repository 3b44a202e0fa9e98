// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Builds a node from a config file. */
module io.weft.plugin.assembly {
  requires com.google.common;
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
  requires typesafe.config;
}
