// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Builds a node from a configuration: finds the plugins, reads and checks their settings, wires
 * them, and starts and stops the node. {@link io.weft.plugin.assembly.Weft} is the entry point.
 *
 * <p>The only module that uses reflection, and the only one that knows all of the plugin
 * interfaces; it knows none of the plugins.
 */
module io.weft.plugin.assembly {
  requires com.google.common;
  requires com.google.guice;
  requires transitive io.weft.spi;
  requires jakarta.inject;
  requires jdk.management; // the limit of open files
  requires transitive typesafe.config;

  exports io.weft.plugin.assembly;
}
