// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Module;
import io.weft.spi.node.ClusterSettings;

/**
 * A slot with its plugin, ready to be wired.
 *
 * @param slot the slot
 * @param module the plugin's Guice module
 * @param settings its settings
 * @param agreed its cluster-wide settings
 * @param origin its short name and location, as text for messages
 */
record Filled(Slot slot, Module module, Record settings, ClusterSettings agreed, String origin) {}
