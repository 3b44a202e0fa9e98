// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.circle;

/** Closes the circle, as it asks where the top is. */
final class Place {
  Class<?> where() {
    return Top.class;
  }
}
