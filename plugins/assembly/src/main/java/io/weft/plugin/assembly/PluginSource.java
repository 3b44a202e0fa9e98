// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import java.lang.module.ModuleReference;
import java.util.Optional;

/**
 * A module, or a place on the class path, that may contain plugins.
 *
 * @param name the module's name; empty on the class path
 * @param location its jar or directory
 * @param reference for a module of a plugin directory, which is not resolved yet
 * @param module for a module that is running already
 * @param defaults its {@code reference.conf}; empty if it has none
 * @param version empty if unknown
 * @param description empty if unknown
 */
record PluginSource(
    String name,
    String location,
    Optional<ModuleReference> reference,
    Optional<Module> module,
    Config defaults,
    String version,
    String description) {}
