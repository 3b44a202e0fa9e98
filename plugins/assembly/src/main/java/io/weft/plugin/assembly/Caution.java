// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * Something in a configuration that is allowed, and that its author should know.
 *
 * @param place where it stands
 * @param key the whole key
 * @param message what follows from it
 */
public record Caution(Place place, String key, String message) {
  @Override
  public String toString() {
    return place + ": " + message;
  }
}
