// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import java.util.List;

/**
 * The plugin that fills an interface, and where it was chosen.
 *
 * @param section of the configuration that chooses it, without {@code weft}
 * @param spi simple name of the interface
 * @param plugin as the configuration names it
 * @param module its module
 * @param className its Guice module class
 * @param location its jar or directory
 * @param place the place of the choice
 * @param standard whether it is the default choice
 * @param settings the effective settings of the plugin
 */
public record Choice(
    String section,
    String spi,
    String plugin,
    String module,
    String className,
    String location,
    Place place,
    boolean standard,
    List<Setting> settings) {
  /** Copies the list. */
  public Choice {
    settings = List.copyOf(settings);
  }
}
