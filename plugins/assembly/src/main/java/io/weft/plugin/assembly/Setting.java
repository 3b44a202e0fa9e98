// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * An effective setting.
 *
 * @param key the full key
 * @param value as written in a configuration
 * @param place its place in the configuration
 * @param standard whether it is the default
 */
public record Setting(String key, String value, Place place, boolean standard) {}
