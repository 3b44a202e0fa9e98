// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.ErrorCode;

/**
 * A mistake in a configuration.
 *
 * @param code the kind of mistake
 * @param place its place in the configuration
 * @param key the full key, or the subject of the problem if it is no key
 * @param message names the thing, the value and the remedy
 */
public record Problem(ErrorCode code, Place place, String key, String message) {
  @Override
  public String toString() {
    return place + ": " + message;
  }
}
