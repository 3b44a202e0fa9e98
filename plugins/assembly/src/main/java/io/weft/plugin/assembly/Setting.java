// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * A setting as it applies.
 *
 * @param key the whole key
 * @param value as people write it
 * @param place where it stands
 * @param standard whether it is the default
 */
public record Setting(String key, String value, Place place, boolean standard) {}
