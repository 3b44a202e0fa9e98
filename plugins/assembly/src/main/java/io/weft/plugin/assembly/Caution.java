// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * A setting that is allowed and has a consequence that the operator should know.
 *
 * @param place its place in the configuration
 * @param key the full key
 * @param message the consequence
 */
public record Caution(Place place, String key, String message) {
  @Override
  public String toString() {
    return place + ": " + message;
  }
}
