// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Takes the members of the cluster from the config file. */
module io.weft.plugin.viewsstatic {
  requires com.google.guice;
  requires io.weft.spi;
  requires jakarta.inject;
}
