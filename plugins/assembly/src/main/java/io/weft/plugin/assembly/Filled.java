// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Module;
import io.weft.spi.node.ClusterSettings;

/**
 * A slot with its plugin, ready to be wired.
 *
 * @param slot what it fills
 * @param module the plugin's Guice module
 * @param settings its settings
 * @param agreed what of it all nodes must have alike
 * @param origin its short name and where it comes from, for people
 */
record Filled(Slot slot, Module module, Record settings, ClusterSettings agreed, String origin) {}
