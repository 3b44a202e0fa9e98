// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Module;

/**
 * A slot with its plugin, ready to be wired.
 *
 * @param slot what it fills
 * @param module the plugin's Guice module
 * @param settings its settings
 */
record Filled(Slot slot, Module module, Record settings) {}
