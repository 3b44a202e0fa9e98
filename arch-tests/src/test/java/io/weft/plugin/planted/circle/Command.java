// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.circle;

/** A command, which asks for a place. */
final class Command {
  Place place() {
    return new Place();
  }
}
